//! Expositions as they are served.

use std::time::Duration;

use crate::until::{InVain, until};

/// The longest a line may take to appear.
const DEADLINE: Duration = Duration::from_secs(30);

/// Waits until exactly this line is on the page.
///
/// # Errors
/// [`InVain`] after 30 s.
pub async fn until_line(url: &str, line: &str) -> Result<(), InVain> {
    until(DEADLINE, line, async || {
        let page = reqwest::get(url).await.ok()?.text().await.ok()?;
        page.lines().any(|found| found == line).then_some(())
    })
    .await
}
