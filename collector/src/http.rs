//! Requests to the components: to loopback, past any proxy, never for long.

use std::time::Duration;

use reqwest::{Client, Method, StatusCode};

/// What one request came to.
pub(crate) struct Answer {
    pub status: StatusCode,
    pub body: String,
}

pub(crate) async fn request(method: Method, url: &str) -> Result<Answer, reqwest::Error> {
    let client = Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(5))
        .build()?;
    let response = client.request(method, url).send().await?;
    let status = response.status();
    let body = response.text().await?;
    Ok(Answer { status, body })
}

pub(crate) async fn answers(url: &str) -> bool {
    let answer = request(Method::GET, url).await;
    answer.is_ok_and(|answer| answer.status.is_success())
}
