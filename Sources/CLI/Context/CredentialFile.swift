import UpblitClient

/// The credentials of the contexts, `name = secret` a line, in a file that only its owner can read.
struct CredentialFile {
  private var secrets: [(context: String, secret: String)] = []

  static func read() throws(CLIError) -> CredentialFile {
    var file = CredentialFile()
    let text = try PrivateFile(path: try Places.credentials()).read(isSecret: true) ?? ""
    for line in text.utf8.split(separator: 0x0a) {
      let parts = line.split(separator: UInt8(ascii: "="), maxSplits: 1)
        .map { FileText.trimmed(String(decoding: $0, as: UTF8.self)) }
      if parts.count == 2 { file.secrets.append((parts[0], parts[1])) }
    }
    return file
  }

  func credential(of context: String) -> Credential? {
    secrets.last { $0.context == context }.flatMap { Credential($0.secret) }
  }

  /// Takes over, or with `nil` forgets, a context's credential; whether there was one.
  @discardableResult
  mutating func set(_ credential: Credential?, of context: String) -> Bool {
    let count = secrets.count
    secrets.removeAll { $0.context == context }
    let had = secrets.count < count
    if let credential { secrets.append((context, credential.secret)) }
    return had
  }

  func write() throws(CLIError) {
    let text = secrets.map { "\($0.context) = \($0.secret)\n" }.joined()
    try PrivateFile(path: try Places.credentials()).write(text)
  }
}
