//! The same for `reqwest`, as a middleware of `reqwest-middleware`.

use std::future::poll_fn;
use std::pin::pin;

use async_trait::async_trait;
use http::{Extensions, Uri};
use reqwest::{Request, Response};
use reqwest_middleware::{Error, Middleware, Next, Result};

use super::span::{self, Head};
use super::{HttpClientLayer, ResendCount};
use crate::remote::error_type;

#[async_trait]
impl Middleware for HttpClientLayer {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        let (method, uri) = (request.method().clone(), uri(&request));
        let head = Head {
            method: &method,
            uri: &uri,
            extensions,
        };
        let mut remote = span::start(&self.scope, head, request.headers_mut());
        let sent = extensions.get::<ResendCount>().map_or(0, |count| count.0);
        extensions.insert(ResendCount(sent + 1)); // of the next try, which has the same extensions
        let mut answering = pin!(next.run(request, extensions));
        let answer = poll_fn(|cx| remote.run(|| answering.as_mut().poll(cx))).await;
        match &answer {
            Ok(answer) => span::answered(remote, answer.status(), answer.version()),
            Err(error) => remote.end(Some(kind(error))),
        }
        answer
    }
}

/// What is no URI for the `http` crate the client refuses itself.
fn uri(request: &Request) -> Uri {
    request.url().as_str().parse().unwrap_or_default()
}

fn kind(error: &Error) -> &'static str {
    let Error::Reqwest(error) = error else {
        return error_type::<Error>();
    };
    let kinds = [
        (error.is_timeout(), "timeout"),
        (error.is_connect(), "connect"),
        (error.is_redirect(), "redirect"),
        (error.is_body(), "body"),
        (error.is_decode(), "decode"),
        (error.is_request(), "request"),
    ];
    let mut kinds = kinds.into_iter().filter(|(is, _)| *is);
    kinds
        .next()
        .map_or(error_type::<reqwest::Error>(), |(_, kind)| kind)
}
