//! The distribution's Chromium without a screen, driven by its [DevTools protocol] over two pipes.
//!
//! [DevTools protocol]: https://chromedevtools.github.io/devtools-protocol/

use std::io;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use crate::packages::{self, PackageError};
use crate::server::guarded;

/// The longest one answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// The program, and the package it comes in.
const PROGRAM: &str = "chromium-headless-shell";

/// Why a browser did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BrowserError {
    /// Its program is missing.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// It did not start, does not answer, or has ended.
    #[error("Chromium is not there")]
    Gone(#[from] io::Error),
    /// It refused, or a script of the page's failed.
    #[error("Chromium does not do `{method}`: {answer}")]
    Refused {
        /// What it was asked.
        method: &'static str,
        /// What it said.
        answer: Value,
    },
}

/// A running browser with a profile of its own; gone when it is dropped.
#[derive(Debug)]
pub struct Browser {
    _process: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    asked: u64,
    _profile: TempDir,
}

/// A page in a tab of its own.
#[derive(Debug)]
pub struct Page {
    target: Value,
    session: Value,
}

impl Browser {
    /// Starts one.
    ///
    /// # Errors
    /// [`BrowserError`].
    pub fn start() -> Result<Self, BrowserError> {
        let program = packages::program(PROGRAM, PROGRAM, || packages::in_path(PROGRAM))?;
        let profile = packages::directory("axisor-chromium-", None)?;
        let mut command = guarded("/bin/sh".as_ref(), None);
        command
            .args(["-c", "exec \"$@\" 3<&0 4>&1 </dev/null >/dev/null", "sh"]) // it talks over these two
            .arg(program)
            .args(["--remote-debugging-pipe", "--disable-gpu"])
            .arg(format!("--user-data-dir={}", profile.path().display()));
        if packages::is_root() {
            command.arg("--no-sandbox"); // the sandbox is made of what root has not
        }
        let mut process = Command::from(command)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let no_pipe = || io::Error::other("no pipe");
        Ok(Self {
            to: process.stdin.take().ok_or_else(no_pipe)?,
            from: BufReader::new(process.stdout.take().ok_or_else(no_pipe)?),
            _process: process,
            asked: 0,
            _profile: profile,
        })
    }

    /// Opens `url` in a new tab and waits until it is loaded and its largest content painted.
    ///
    /// # Errors
    /// [`BrowserError`].
    pub async fn open(&mut self, url: &str) -> Result<Page, BrowserError> {
        let page = self.blank().await?;
        self.go(&page, url).await?;
        Ok(page)
    }

    /// Opens a new tab with nothing in it.
    ///
    /// # Errors
    /// [`BrowserError`].
    pub async fn blank(&mut self) -> Result<Page, BrowserError> {
        let blank = json!({ "url": "about:blank" });
        let mut opened = self.ask("Target.createTarget", blank, &Value::Null).await?;
        let target = opened["targetId"].take();
        let attach = json!({ "targetId": target, "flatten": true });
        let mut attached = self
            .ask("Target.attachToTarget", attach, &Value::Null)
            .await?;
        let session = attached["sessionId"].take();
        let page = Page { target, session };
        self.ask("Page.enable", json!({}), &page.session).await?;
        Ok(page)
    }

    /// From now on runs `script` in a tab before what is opened there runs its own.
    ///
    /// # Errors
    /// [`BrowserError`].
    pub async fn first(&mut self, page: &Page, script: &str) -> Result<(), BrowserError> {
        let script = json!({ "source": script });
        let method = "Page.addScriptToEvaluateOnNewDocument";
        self.ask(method, script, &page.session).await.map(drop)
    }

    /// Leaves what is open in a tab for `url`, as by a link, and waits as [`open`](Self::open) does.
    ///
    /// # Errors
    /// [`BrowserError`].
    pub async fn go(&mut self, page: &Page, url: &str) -> Result<(), BrowserError> {
        let url = json!({ "url": url });
        self.ask("Page.navigate", url, &page.session).await?;
        let loaded = "new Promise((loaded) => {
            const look = () => performance.getEntriesByType('navigation')[0].loadEventEnd ? loaded() : setTimeout(look, 10);
            look();
        })";
        self.evaluate(page, loaded).await?;
        self.measured(page, "largest-contentful-paint").await
    }

    /// Clicks on the middle of the first element that `selector` fits, and waits until that is measured.
    ///
    /// # Errors
    /// [`BrowserError`].
    pub async fn click(&mut self, page: &Page, selector: &str) -> Result<(), BrowserError> {
        let middle = format!(
            "(({{ x, y, width, height }}) => [x + width / 2, y + height / 2])(document.querySelector('{selector}').getBoundingClientRect())"
        );
        let middle = self.evaluate(page, &middle).await?;
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({ "type": kind, "x": middle[0], "y": middle[1], "button": "left", "clickCount": 1 });
            self.ask("Input.dispatchMouseEvent", event, &page.session)
                .await?;
        }
        self.measured(page, "first-input").await
    }

    /// Closes a tab as its user does: the page is told.
    ///
    /// # Errors
    /// [`BrowserError`].
    pub async fn close(&mut self, page: Page) -> Result<(), BrowserError> {
        let target = json!({ "targetId": page.target });
        self.ask("Target.closeTarget", target, &Value::Null).await?;
        Ok(())
    }

    /// The value of an expression of JavaScript on a page; of a promise, once it has one.
    ///
    /// # Errors
    /// [`BrowserError`].
    pub async fn evaluate(&mut self, page: &Page, expression: &str) -> Result<Value, BrowserError> {
        let method = "Runtime.evaluate";
        let asked =
            json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let mut answer = self.ask(method, asked, &page.session).await?;
        if !answer["exceptionDetails"].is_null() {
            return Err(BrowserError::Refused { method, answer });
        }
        Ok(answer["result"]["value"].take())
    }

    /// Waits until something of this type is measured on a page: `layout-shift`, for example.
    ///
    /// # Errors
    /// [`BrowserError`].
    pub async fn measured(&mut self, page: &Page, kind: &str) -> Result<(), BrowserError> {
        let entry = format!(
            "new Promise((seen) => new PerformanceObserver(() => seen()).observe({{ type: '{kind}', buffered: true }}))"
        );
        self.evaluate(page, &entry).await.map(drop)
    }

    async fn ask(
        &mut self,
        method: &'static str,
        params: Value,
        session: &Value,
    ) -> Result<Value, BrowserError> {
        self.asked += 1;
        let mut message = json!({ "id": self.asked, "method": method, "params": params });
        if !session.is_null() {
            message["sessionId"] = session.clone();
        }
        self.to.write_all(format!("{message}\0").as_bytes()).await?;
        let mut answer = timeout(PATIENCE, self.answer())
            .await
            .map_err(io::Error::from)??;
        if !answer["error"].is_null() {
            return Err(BrowserError::Refused { method, answer });
        }
        Ok(answer["result"].take())
    }

    /// The answer to what was asked last; what it tells unasked is passed over.
    async fn answer(&mut self) -> io::Result<Value> {
        loop {
            let mut message = Vec::new();
            self.from.read_until(0, &mut message).await?;
            message.pop();
            let message: Value = serde_json::from_slice(&message)?;
            if message["id"] == self.asked {
                return Ok(message);
            }
        }
    }
}
