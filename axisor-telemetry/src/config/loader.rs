//! Puts the sources together.

use std::ffi::OsString;
use std::path::PathBuf;

use super::Config;
use super::error::{ConfigError, Origin};
use super::file;
use super::given::{Entry, Layer};
use super::lookup::COMPILED;
use super::resolve;
use super::sections::FILE_VARIABLE;
use super::sources::{self, Variables};

/// Loads a [`Config`] from code, the environment and a file.
///
/// ```
/// # fn main() -> Result<(), axisor_telemetry::config::ConfigError> {
/// let config = axisor_telemetry::config::Loader::new("axisor-backend")
///     .set("prometheus.port", 3011)
///     .set("metrics.interval", "5s")
///     .without_environment()
///     .load()?;
/// assert_eq!(config.prometheus.port, 3011);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "nothing is read before `load`"]
pub struct Loader {
    service_name: String,
    code: Vec<(String, String)>,
    file: Option<PathBuf>,
    environment: Environment,
}

#[derive(Clone)]
enum Environment {
    Process,
    Given(Variables),
}

impl Loader {
    /// A configuration for the service of this name.
    ///
    /// The name is what the program calls itself: the variable `OTEL_SERVICE_NAME`, `service.name` in the file and
    /// [`set`](Self::set) all go before it.
    pub fn new(service_name: impl Into<String>) -> Self {
        Self {
            service_name: service_name.into(),
            code: Vec::new(),
            file: None,
            environment: Environment::Process,
        }
    }

    /// Gives a setting its value, whatever environment and file say about it. The last value given for a key holds.
    ///
    /// Key and value are checked by [`load`](Self::load). Times are numbers of milliseconds or `"5s"`.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "`set(key, 3011)` is how one writes it"
    )]
    pub fn set(mut self, key: impl Into<String>, value: impl ToString) -> Self {
        self.code.push((key.into(), value.to_string()));
        self
    }

    /// Reads this TOML file instead of the one `AXISOR_TELEMETRY_CONFIG` names.
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.file = Some(path.into());
        self
    }

    /// Leaves the process's environment unread.
    pub fn without_environment(self) -> Self {
        self.environment(std::iter::empty::<(String, String)>())
    }

    /// Reads these variables instead of the process's.
    pub fn environment<N, V>(mut self, variables: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: Into<String>,
        V: Into<OsString>,
    {
        let variables = variables.into_iter();
        let variables = variables.map(|(name, value)| (name.into(), value.into()));
        self.environment = Environment::Given(variables.collect());
        self
    }

    /// Reads every source and checks every setting. Nothing else in this crate reads the process's environment.
    ///
    /// # Errors
    /// The first [`ConfigError`] met: an unreadable file, a key or a variable of our sections that does not exist,
    /// a value its setting does not take, a setting of a feature this build lacks.
    pub fn load(self) -> Result<Config, ConfigError> {
        let variables = self.environment.read();
        let named = variables.get(FILE_VARIABLE).filter(|path| !path.is_empty());
        let mut given = Layer::default();
        given.insert("service.name", Entry::text(self.service_name, Origin::Code));
        if let Some(path) = self.file.or_else(|| named.map(PathBuf::from)) {
            given.cover(file::read(&path)?);
        }
        given.cover(sources::environment(&variables)?);
        given.cover(sources::code(&self.code)?);
        let mut warnings = sources::without_effect(&variables);
        warnings.extend(sources::odd_ports(&variables));
        resolve::config(given, warnings, COMPILED)
    }
}

impl Environment {
    fn read(self) -> Variables {
        match self {
            Self::Given(variables) => variables,
            Self::Process => {
                let utf8 =
                    |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value));
                std::env::vars_os().filter_map(utf8).collect()
            }
        }
    }
}
