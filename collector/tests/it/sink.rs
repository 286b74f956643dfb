//! Who is told, on loopback: a web server and a mail server that keep what they are sent.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Uri};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What came with one request, or one mail.
#[derive(Debug, Clone, Default)]
pub(crate) struct Message {
    pub path: String,
    pub authorization: String,
    pub body: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Sink {
    /// `host:port`
    pub address: String,
    messages: Arc<Mutex<Vec<Message>>>,
}

impl Sink {
    /// What came to `path` so far and has `text` in it.
    pub(crate) fn got(&self, path: &str, text: &str) -> Vec<Message> {
        let messages = self.messages.lock().unwrap();
        let wanted = |message: &&Message| message.path == path && message.body.contains(text);
        messages.iter().filter(wanted).cloned().collect()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    async fn bind() -> (Self, TcpListener) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let messages = Arc::default();
        (Self { address, messages }, listener)
    }
}

/// Answers as Telegram would, which the others take for a yes.
pub(crate) async fn web() -> Sink {
    let (sink, listener) = Sink::bind().await;
    let messages = sink.messages.clone();
    let keep = async move |uri: Uri, headers: HeaderMap, body: Bytes| {
        let authorization = headers.get("authorization");
        messages.lock().unwrap().push(Message {
            path: uri.path().to_owned(),
            authorization: authorization
                .map_or("", |value| value.to_str().unwrap())
                .to_owned(),
            body: String::from_utf8(body.into()).unwrap(),
        });
        r#"{"ok": true, "result": {"message_id": 1, "chat": {"id": 1}}}"#
    };
    let app = Router::new().fallback(keep);
    tokio::spawn(async move { axum::serve(listener, app).await });
    sink
}

/// As much of SMTP as one sender needs. A mail's path is its recipient.
pub(crate) async fn mail() -> Sink {
    let (sink, listener) = Sink::bind().await;
    let messages = sink.messages.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let messages = messages.clone();
            tokio::spawn(async move {
                let mail = receive(stream).await.unwrap();
                messages.lock().unwrap().push(mail);
            });
        }
    });
    sink
}

async fn receive(stream: TcpStream) -> std::io::Result<Message> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let mut mail = Message::default();
    let mut in_body = false;
    write.write_all(b"220 sink\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        let answer = match line.split([' ', ':']).next().unwrap_or_default() {
            "." => "250 kept",
            _ if in_body => {
                mail.body += &line;
                mail.body.push('\n');
                continue;
            }
            "EHLO" => "250-sink\r\n250 AUTH PLAIN",
            "AUTH" => {
                mail.authorization = line.clone();
                "235 welcome"
            }
            "RCPT" => {
                mail.path = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                "250 ok"
            }
            "DATA" => {
                in_body = true;
                "354 go on"
            }
            "QUIT" => "221 bye",
            _ => "250 ok",
        };
        in_body &= line != ".";
        write.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
    Ok(mail)
}
