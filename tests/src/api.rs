//! One request to an API that answers in JSON.

use serde::de::DeserializeOwned;

/// Why an API gave no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApiError {
    /// Nobody answered.
    #[error("no answer from `{url}`: {source}")]
    Unanswered {
        /// What was asked.
        url: String,
        /// Why.
        source: reqwest::Error,
    },
    /// The answer is not what the API promises.
    #[error("`{url}` answered `{answer}`: {source}")]
    Unreadable {
        /// What was asked.
        url: String,
        /// The answer.
        answer: String,
        /// Where it breaks off.
        source: serde_json::Error,
    },
    /// The API refused.
    #[error("`{url}` refused: {error}")]
    Refused {
        /// What was asked.
        url: String,
        /// Why.
        error: String,
    },
    /// A value is no number.
    #[error("`{given}` is no number")]
    Number {
        /// The value.
        given: String,
    },
}

pub(crate) async fn text(
    http: &reqwest::Client,
    url: &str,
    query: &[(&str, &str)],
) -> Result<String, ApiError> {
    let unanswered = |source| ApiError::Unanswered {
        url: url.to_owned(),
        source,
    };
    let response = http
        .get(url)
        .query(query)
        .send()
        .await
        .map_err(unanswered)?;
    response.text().await.map_err(unanswered)
}

pub(crate) async fn get<T: DeserializeOwned>(
    http: &reqwest::Client,
    url: &str,
    query: &[(&str, &str)],
) -> Result<T, ApiError> {
    let answer = text(http, url, query).await?;
    serde_json::from_str(&answer).map_err(|source| ApiError::Unreadable {
        url: url.to_owned(),
        answer,
        source,
    })
}
