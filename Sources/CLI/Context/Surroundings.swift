import Glibc

/// The process's environment.
enum Environment {
  /// `nil` where unset or empty.
  static func value(_ name: String) -> String? {
    guard let value = getenv(name) else { return nil }
    let text = String(cString: value)
    return text.isEmpty ? nil : text
  }
}

/// The system's words.
enum SystemText {
  /// What `errno` says.
  static var lastError: String {
    strerror(errno).map { String(cString: $0) } ?? "error \(errno)"
  }
}

/// Where the command keeps what it knows.
enum Places {
  /// Contexts: `config.yaml`.
  static func config() throws(CLIError) -> String {
    try folder("XDG_CONFIG_HOME", ".config") + "/config.yaml"
  }

  /// Secrets, apart from what one may show or copy: `credentials`.
  static func credentials() throws(CLIError) -> String {
    try folder("XDG_STATE_HOME", ".local/state") + "/credentials"
  }

  /// A home without a name is an error of the surroundings.
  private static func folder(_ variable: String, _ usual: String) throws(CLIError) -> String {
    if let folder = Environment.value("UPBLIT_CONFIG_DIR") { return folder }
    // The XDG specification has paths that are not absolute ignored.
    if let base = Environment.value(variable), base.hasPrefix("/") { return base + "/upblit" }
    guard let home = Environment.value("HOME") else {
      throw CLIError(.failure, "neither UPBLIT_CONFIG_DIR nor HOME is set: set one of them")
    }
    return "\(home)/\(usual)/upblit"
  }
}
