import API
import Logging
import OpenSSL
import Postgres
import Settings
import SignIn
import Store

/// What every command but help works with: the settings that hold, the key, the database.
struct Surroundings {
  let settings: SettingsValues
  let address: PostgresAddress
  let key: SealingKey

  init(_ settings: SettingsValues) throws {
    self.settings = settings
    address = try PostgresAddress(settings[CollectorSettings.database])
    key = try KeyFile.read(settings[CollectorSettings.keyFile])
  }

  /// A connection for the calling thread.
  func connect() throws -> Connection {
    try Connection(address, application: "upblit-collector")
  }

  /// A log for one part of the program.
  func log(_ part: String) -> Logger {
    let level = Logger.Level(rawValue: settings[CollectorSettings.logLevel]) ?? .info
    let isJSON = settings[CollectorSettings.logFormat] == "json"
    return Logger(label: part) { LogOutput(label: $0, level: level, isJSON: isJSON) }
  }

  /// Checks what no single setting can show.
  func checkTogether() throws {
    let certificate = settings[CollectorSettings.httpCertificate]
    let privateKey = settings[CollectorSettings.httpKey]
    guard (certificate == nil) == (privateKey == nil) else {
      throw CommandFailure(
        code: .configuration,
        message: "http_tls_certificate and http_tls_key go together: set both, or neither")
    }
    try tlsFiles?.check()
    let oidc = [
      settings[CollectorSettings.oidcIssuer], settings[CollectorSettings.oidcClientID],
      settings[CollectorSettings.oidcClientSecret],
    ].compactMap { $0 }
    guard oidc.isEmpty || oidc.count == 3 && settings[CollectorSettings.httpPublicURL] != nil else {
      throw CommandFailure(
        code: .configuration,
        message: "oidc_issuer, oidc_client_id, oidc_client_secret and http_public_url go together: "
          + "set all of them, or none of the first three")
    }
    guard !settings[CollectorSettings.ingressPlain] || ingressAddress.isLoopback else {
      throw CommandFailure(
        code: .configuration,
        message: "ingress_plain = true needs ingress_listen on loopback, such as 127.0.0.1:7443: "
          + "elsewhere agents always use TLS")
    }
  }

  /// The API's certificate and key, where they are set.
  var tlsFiles: APIConfiguration.TLSFiles? {
    guard let certificate = settings[CollectorSettings.httpCertificate],
      let privateKey = settings[CollectorSettings.httpKey]
    else { return nil }
    return APIConfiguration.TLSFiles(certificateChain: certificate, privateKey: privateKey)
  }

  /// How people reach the API.
  var publicURL: String {
    settings[CollectorSettings.httpPublicURL]
      ?? "\(tlsFiles == nil ? "http" : "https")://\(settings[CollectorSettings.httpListen])"
  }

  /// The provider of identities, where it is set.
  var oidc: OIDCSettings? {
    guard let issuer = settings[CollectorSettings.oidcIssuer],
      let id = settings[CollectorSettings.oidcClientID],
      let secret = settings[CollectorSettings.oidcClientSecret]
    else { return nil }
    return OIDCSettings(
      name: settings[CollectorSettings.oidcName], issuer: issuer, clientID: id,
      clientSecret: secret, trustsEmail: settings[CollectorSettings.oidcTrustEmail])
  }

  var ingressAddress: ListenAddress { address(CollectorSettings.ingressListen) }
  var httpAddress: ListenAddress { address(CollectorSettings.httpListen) }

  /// The key's parser has let pass only what is an address.
  private func address(_ key: Key<String>) -> ListenAddress {
    ListenAddress(settings[key]) ?? ListenAddress(host: "127.0.0.1", port: 0)
  }
}
