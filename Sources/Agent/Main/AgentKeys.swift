import Link
import Settings

/// Every setting of the agent.
enum AgentKey {
  static let config = Key<String?>.optionalPath(
    "config", "The settings file. Without it, \(defaultConfig) is read if it is there."
  ).flagOnly(short: "c")
  static let defaultConfig = "/etc/upblit/agent.conf"

  static let stateFolder = Key<String>.path(
    "state_folder",
    "Where the agent keeps its identity, its assignment and the results that are not yet delivered. "
      + "Only its owner may read it.", default: "/var/lib/upblit-agent")
  static let collectors = Key<[String]>.list(
    "collectors",
    "The collectors to report to, the preferred one first. Without it, those of the enrolment.",
    items: "addresses of the form tls://HOST:PORT (or plain://HOST:PORT on this machine)",
    count: 1...8, default: []
  ) { CollectorAddress($0) != nil }
  static let allowLoopback = Key<Bool>.flag(
    "allow_loopback_targets",
    "Whether targets on this machine itself may be probed. Addresses of cloud metadata services and "
      + "link-local addresses never are.")
  static let denyPrivate = Key<Bool>.flag(
    "deny_private_targets",
    "Whether targets with addresses of private networks (RFC 1918, RFC 6598, RFC 4193) are refused. "
      + "Leave it off for an agent inside such a network.")
  static let canaries = Key<Bool>.flag(
    "canaries",
    "Whether the agent asks the collector's canaries, well-known hosts that tell its own network's "
      + "trouble from its targets'. Off where nothing but targets may be connected to.",
    default: true)
  static let caFile = Key<String>.path(
    "ca_file", "The certificates that https targets are verified with.",
    default: "/etc/ssl/certs/ca-certificates.crt")
  static let maximumProbes = Key<Int>.integer(
    "max_concurrent_probes", "How many probes may run at once.", in: 1...16_000, unit: "probes",
    default: 2_048)
  static let userAgent = Key<String>.text(
    "user_agent", "What http targets see as User-Agent.", length: 1...200,
    default: "upblit-agent/\(AgentCommand.version)")
  static let proxy = Key<String?>.optionalText(
    "proxy", "The proxy to the collectors, such as http://HOST:PORT or socks5h://HOST:PORT.")
  static let spoolSize = Key<Int>.bytes(
    "spool_size", "The most room that undelivered results may take.", in: (16 << 20)...(1 << 40),
    default: 256 << 20)
  static let spoolAge = Key<Duration>.duration(
    "spool_age", "How long undelivered results are kept.",
    in: .seconds(3_600)...(.seconds(30 * 86_400)), default: .seconds(72 * 3_600))
  static let stopTimeout = Key<Duration>.duration(
    "stop_timeout", "How long a stop waits for probes to end and for results to be delivered.",
    in: .seconds(1)...(.seconds(300)), default: .seconds(20))
  static let logLevel = Key<String>.choice(
    "log_level", "The least level that is logged.", of: LogLevel.allCases.map(\.word),
    default: "info")

  /// What every command takes.
  static let common = [
    config.description, stateFolder.description, collectors.description,
    allowLoopback.description, denyPrivate.description, canaries.description, caFile.description,
    maximumProbes.description,
    userAgent.description, proxy.description, spoolSize.description, spoolAge.description,
    stopTimeout.description, logLevel.description,
  ]

  // MARK: For enroll

  static let collector = Key<[String]>.list(
    "collector",
    "The collector that made the token; several, separated by commas, to fall back on.",
    items: "addresses of the form tls://HOST:PORT (or plain://HOST:PORT on this machine)",
    count: 1...8, default: []
  ) { CollectorAddress($0) != nil }.flagOnly().required()
  static let tokenFile = Key<String>.text(
    "token_file", "The file that holds the token, or - for standard input.", default: "-"
  ).flagOnly().required()
  static let region = Key<String>.text(
    "region", "The region that this agent stands in, unless the token says one.", length: 1...64,
    default: "default"
  ).flagOnly()
  static let provider = Key<String>.text(
    "provider", "The provider that this agent stands at, unless the token says one.",
    length: 1...64, default: "unknown"
  ).flagOnly()
  static let name = Key<String?>.optionalText(
    "name", "The agent's name at the collector; without it, the machine's.", length: 1...64
  ).flagOnly()

  // MARK: For status and check-config

  static let output = Key<String>.choice(
    "output", "The form of the answer.", of: ["text", "json"], default: "text"
  ).flagOnly(short: "o")
  static let example = Key<Bool>.flag("example", "Print a settings file with every key.")
    .flagOnly()
}
