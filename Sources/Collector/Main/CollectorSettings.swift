import API
import Settings
import SignIn
import Store

/// Every setting of the collector: as a key of its file, a variable `UPBLIT_KEY`, or a flag `--key`.
enum CollectorSettings {
  /// Where the settings file is looked for unless `--config` says otherwise.
  static let standardFile = "/etc/upblit/collector.conf"

  static let config = Key<String?>.optionalText(
    "config", "The settings file. Without it \(standardFile) is read where there is one."
  ).flagOnly(short: "c")

  static let database = Key<String>.text(
    "database",
    "Where Postgres is: a connection string of libpq, such as host=/run/postgresql dbname=upblit "
      + "or postgres://upblit@db.example/upblit. It may hold a password.",
    length: 1...4096, default: ""
  ).secret()

  static let databasePool = Key<Int>.integer(
    "database_pool",
    "Connections for everything but the writing of results, the decisions and public pages.",
    in: 2...200, unit: "connections", default: 6)

  static let keyFile = Key<String>.path(
    "key_file",
    "The file of the key that seals secrets in the database: 64 hexadecimal digits, readable by "
      + "its owner alone, the same for every collector of one database.",
    default: "/etc/upblit/master.key")

  static let ingressListen = Key<String>(
    "ingress_listen", help: "Where agents connect to, with TLS.",
    expectation: "HOST:PORT, such as 0.0.0.0:7443 or [::]:7443", fallback: "0.0.0.0:7443",
    fallbackText: "0.0.0.0:7443", parse: { ListenAddress($0) == nil ? nil : $0 })

  static let ingressPublicAddress = Key<String?>(
    "ingress_public_address",
    help: "How agents reach this port from outside, as enrolment commands print it. Without it, "
      + "ingress_listen.",
    expectation: "HOST:PORT, such as monitor.example:7443", fallback: nil, fallbackText: nil,
    parse: { ListenAddress($0) == nil ? nil : .some($0) })

  static let ingressPlain = Key<Bool>.flag(
    "ingress_plain",
    "Take agents without TLS. Only where ingress_listen is loopback, for tests.")

  static let ingressThreads = Key<Int>.integer(
    "ingress_threads", "Event loops for agents.", in: 1...64, unit: "threads", default: 2)

  static let httpListen = Key<String>(
    "http_listen", help: "Where the API is served.",
    expectation: "HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080", fallback: "127.0.0.1:8080",
    fallbackText: "127.0.0.1:8080", parse: { ListenAddress($0) == nil ? nil : $0 })

  static let httpCertificate = Key<String?>.optionalPath(
    "http_tls_certificate", "The API's certificate chain, PEM. Without it the API is plain HTTP.")

  static let httpKey = Key<String?>.optionalPath(
    "http_tls_key", "The private key of the API's certificate, PEM.")

  static let httpOrigins = Key<[String]>(
    "http_origins",
    help: "The origins whose pages may use the API from a browser, with a key of their own.",
    expectation: "origins such as https://status.example.org, separated by commas", fallback: [],
    fallbackText: "none",
    parse: { text in
      let items = Self.items(text)
      return items.allSatisfy(Self.isOrigin) ? items : nil
    })

  static let httpProxies = Key<[IPNetwork]>(
    "http_proxies",
    help: "The proxies before the API, whose X-Forwarded-For is believed.",
    expectation: "addresses or ranges such as 10.0.0.0/8, separated by commas", fallback: [],
    fallbackText: "none",
    parse: { text in
      let items = Self.items(text)
      let ranges = items.compactMap { IPNetwork($0) }
      return ranges.count == items.count ? ranges : nil
    })

  static let httpPublicURL = Key<String?>(
    "http_public_url",
    help:
      "How people reach the API from outside: what links and a provider of identities are told.",
    expectation: "a scheme and a host, such as https://monitor.example", fallback: nil,
    fallbackText: nil, parse: { Self.isOrigin($0) ? .some($0) : nil })

  static let oidcIssuer = Key<String?>(
    "oidc_issuer",
    help: "A provider of identities (OpenID Connect) by which people may sign in.",
    expectation: "its issuer, such as https://id.example.org", fallback: nil, fallbackText: nil,
    parse: { OIDCSettings.isIssuer($0) ? .some($0) : nil })

  static let oidcClientID = Key<String?>.optionalText(
    "oidc_client_id", "As what the provider of identities knows this installation.")

  static let oidcClientSecret = Key<String?>.optionalText(
    "oidc_client_secret", "What the provider of identities gave out with the id."
  ).secret()

  static let oidcName = Key<String>.text(
    "oidc_name", "What people know the provider of identities by.", length: 1...100,
    default: "single sign-on")

  static let oidcTrustEmail = Key<Bool>.flag(
    "oidc_trust_email",
    "Whether an e-mail address that the provider has verified lets its owner in. Only for one that "
      + "gives each address to its owner alone.")

  static let httpRate = Key<Int>.integer(
    "http_rate", "Requests that one API key may make of this collector in a minute.",
    in: 1...1_000_000, unit: "requests", default: 6000)

  /// What stands between commas.
  private static func items(_ text: String) -> [String] {
    text.split(separator: ",").map { item in
      String(item.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }.filter { !$0.isEmpty }
  }

  /// Whether a text is a scheme and an authority, and nothing else.
  private static func isOrigin(_ text: String) -> Bool {
    guard let scheme = ["https://", "http://"].first(where: { text.hasPrefix($0) }) else {
      return false
    }
    let rest = text.dropFirst(scheme.count)
    return !rest.isEmpty
      && rest.utf8.allSatisfy { 0x21...0x7e ~= $0 && !"/?#@*,\"".utf8.contains($0) }
  }

  static let stateFolder = Key<String?>.optionalPath(
    "state_folder",
    "A folder of this collector alone, where the last status pages outlive a restart without "
      + "Postgres. Without it they are kept in memory only.")

  static let canaries = Key<[String]>(
    "canaries",
    help: "What agents connect to when targets fail, to tell their own network's trouble from "
      + "that of the targets: hosts that are always up, of several networks. off where agents may "
      + "connect to nothing but targets.",
    expectation: "off, or 1 to \(Canary.most) of HOST:PORT, separated by commas",
    fallback: Canary.usual, fallbackText: Canary.usual.joined(separator: ", "),
    parse: { text in
      if text == "off" || text.isEmpty { return [] }
      let items = text.split(separator: ",", omittingEmptySubsequences: false).map {
        String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
      }
      return items.count <= Canary.most && items.allSatisfy { Canary($0) != nil } ? items : nil
    })

  static let alertsAllowPrivate = Key<Bool>.flag(
    "alerts_allow_private",
    "Whether alerts may be sent to receivers on this machine and in private networks. Metadata "
      + "services of clouds are never sent anything.")

  static let alertsWorkers = Key<Int>.integer(
    "alerts_workers",
    "To how many channels alerts are sent at once; to those of one organization half as many, of all "
      + "collectors together.",
    in: 1...64, unit: "threads", default: 8)

  static let alertsAuthorities = Key<String?>.optionalPath(
    "alerts_ca_file",
    "The authorities that receivers' certificates are verified by, PEM. Without it the system's.")

  static let logLevel = Key<String>.choice(
    "log_level", "The least level that is logged.",
    of: ["debug", "info", "notice", "warning", "error"], default: "info")

  static let logFormat = Key<String>.choice(
    "log_format", "One line of text, or of JSON, for each thing that is logged.",
    of: ["text", "json"], default: "text")

  static let noMigrate = Key<Bool>.flag(
    "no_migrate", "Serve only if the database's schema is what this program needs already."
  ).flagOnly()

  static let name = Key<String>.text(
    "name", "The name of the API key, or the person, that create-admin makes.", length: 1...100,
    default: "admin"
  ).flagOnly()

  static let email = Key<EmailAddress?>(
    "email",
    help: "Whom create-admin makes, an operator who signs in with a password, in place of an API "
      + "key; and whose password reset-password sets. The password is asked for, or read from "
      + "standard input.",
    expectation: "an e-mail address", fallback: nil, fallbackText: nil,
    parse: { EmailAddress($0).map { .some($0) } }
  ).flagOnly()

  static let organization = Key<String>.text(
    "organization",
    "The organization in which create-admin makes it; made where there is none.",
    length: 1...100, default: "main"
  ).flagOnly()

  static let table = table(database: database.required())

  /// The same keys for a command that needs no database, which may be there or not.
  static let tableWithoutDatabase = table(database: database)

  private static func table(database: Key<String>) -> SettingsTable {
    SettingsTable([
      config.description, database.description, databasePool.description, keyFile.description,
      ingressListen.description, ingressPublicAddress.description, ingressPlain.description,
      ingressThreads.description, httpListen.description, httpCertificate.description,
      httpKey.description, httpOrigins.description, httpProxies.description, httpRate.description,
      httpPublicURL.description, oidcIssuer.description, oidcClientID.description,
      oidcClientSecret.description, oidcName.description, oidcTrustEmail.description,
      canaries.description, alertsAllowPrivate.description, alertsWorkers.description,
      alertsAuthorities.description, stateFolder.description, logLevel.description,
      logFormat.description,
      noMigrate.description,
      name.description, email.description, organization.description,
    ])
  }
}

/// A host and a port; the host may be an IPv6 address in brackets.
struct ListenAddress: Hashable, Sendable {
  var host: String
  var port: Int

  init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// `nil` for a text that is no `HOST:PORT`.
  init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"),
      let port = Int(text[text.index(after: colon)...]), (0...65_535).contains(port)
    else { return nil }
    var host = String(text[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = String(host.dropFirst().dropLast())
    } else if host.contains(":") {
      return nil
    }
    guard !host.isEmpty else { return nil }
    self.host = host
    self.port = port
  }

  /// Whether only this machine can reach it.
  var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
}
