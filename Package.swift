// swift-tools-version: 6.2
import PackageDescription

// Set UPBLIT_CORE_ONLY=1 to build only what needs no Swift packages: the agent, the wire, the
// quorum and the store. It resolves and compiles in a minute; the collector's servers and the
// command line are left out.
let coreOnly = Context.environment["UPBLIT_CORE_ONLY"] != nil

/// The one list of compiler settings: every Swift target has exactly these.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

func library(
  _ name: String, _ path: String, _ dependencies: [Target.Dependency] = []
) -> Target {
  .target(
    name: name, dependencies: dependencies, path: "Sources/\(path)", exclude: ["README.md"],
    swiftSettings: strict)
}

func program(
  _ name: String, _ path: String, _ dependencies: [Target.Dependency]
) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies, path: "Sources/\(path)", exclude: ["README.md"],
    swiftSettings: strict)
}

func tests(
  _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [],
  resources: [Resource] = []
) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: dependencies, path: "Tests/\(name)", exclude: exclude,
    resources: resources, swiftSettings: strict)
}

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(
  name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(
  name: "UnixSignals", package: "swift-service-lifecycle")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdHTTP2 = Target.Dependency.product(name: "HummingbirdHTTP2", package: "hummingbird")
let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient = Target.Dependency.product(
  name: "AsyncHTTPClient", package: "async-http-client")
let jwtKit = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
  name: "upblit-monitor",
  products: [
    .executable(name: "upblit-agent", targets: ["upblit-agent"]),
    .library(name: "UpblitClient", targets: ["UpblitClient", "JSON"]),
  ],
  targets: [
    // The C libraries and one thin Swift face over each.
    .systemLibrary(
      name: "CCurl", path: "Sources/System/CCurl", pkgConfig: "libcurl",
      providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(
      name: "CPostgres", path: "Sources/System/CPostgres", pkgConfig: "libpq",
      providers: [.apt(["libpq-dev"])]),
    .systemLibrary(
      name: "COpenSSL", path: "Sources/System/COpenSSL", pkgConfig: "openssl",
      providers: [.apt(["libssl-dev"])]),
    .systemLibrary(
      name: "CZlib", path: "Sources/System/CZlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "CLinux", path: "Sources/System/CLinux"),
    library("Linux", "System/Linux", ["CLinux"]),
    library("OpenSSL", "System/OpenSSL", ["COpenSSL"]),
    library("Curl", "System/Curl", ["CCurl", "COpenSSL", "CLinux", "OpenSSL"]),
    library("Zlib", "System/Zlib", ["CZlib"]),
    library("Postgres", "System/Postgres", ["CPostgres", "Linux"]),
    library("Settings", "System/Settings"),
    library("JSON", "System/JSON"),

    // The words and bytes that agent and collector share.
    library("Model", "Protocol/Model"),
    library("Wire", "Protocol/Wire", ["Model"]),
    library("Signing", "Protocol/Signing", ["Model", "Wire", "OpenSSL"]),
    library("Conditions", "Protocol/Conditions", ["Model"]),
    library("DNS", "Agent/DNS", ["Model"]),
    library("Checks", "Protocol/Checks", ["Model", "JSON", "Conditions", "DNS"]),

    // The agent.
    library("AgentCore", "Agent/Core", ["Model", "Wire", "Signing", "Conditions"]),
    library(
      "Probing", "Agent/Runtime/Probing",
      [
        "AgentCore", "Model", "Conditions", "DNS", "Resolving", "Dialogue", "Conversing", "OpenSSL",
        "Curl", "Linux", "CLinux", "JSON", "Zlib",
      ]),
    library("Dialogue", "Agent/Dialogue", ["AgentCore", "Model", "Conditions"]),
    library(
      "Conversing", "Agent/Runtime/Conversing",
      [
        "Dialogue", "AgentCore", "Model", "Conditions", "OpenSSL", "COpenSSL", "Linux", "CLinux",
      ]),
    library("Resolving", "Agent/Runtime/Resolving", ["DNS", "Model", "Linux", "CLinux"]),
    library(
      "Spool", "Agent/Runtime/Spool",
      ["AgentCore", "Model", "Wire", "Signing", "OpenSSL", "Linux"]),
    library(
      "Link", "Agent/Runtime/Link",
      [
        "AgentCore", "Model", "Wire", "Signing", "OpenSSL", "Curl", "Linux", "Settings", "Probing",
        "Spool",
      ]),
    program(
      "upblit-agent", "Agent/Main",
      [
        "AgentCore", "Model", "Wire", "Signing", "OpenSSL", "Curl", "Linux", "Settings", "Probing",
        "Spool", "Link",
      ]),

    // Asks a collector's API; for the command line and for other people's programs.
    library("UpblitClient", "Client", ["Curl", "Linux", "JSON"]),

    // The collector's pure heart and its store.
    library("Quorum", "Collector/Quorum", ["Model"]),
    library("Simulator", "Collector/Simulator", ["Model", "Quorum", "JSON"]),
    library("Alerts", "Collector/Alerts", ["Model", "Quorum", "JSON", "OpenSSL"]),
    library("Pages", "Collector/Pages", ["JSON"]),
    library("Console", "Collector/Console", ["Pages", "JSON"]),
    library("Rollup", "Collector/Rollup", ["Wire"]),
    library(
      "Store", "Collector/Store",
      [
        "Model", "Wire", "Checks", "Quorum", "Alerts", "Pages", "Rollup", "OpenSSL", "Postgres",
        "Linux", "JSON",
      ]),
    library(
      "Sending", "Collector/Server/Alerts",
      ["Alerts", "AgentCore", "Model", "Store", "Postgres", "OpenSSL", "Curl", "Linux"]),

    tests("Layout", []),
    tests("System", ["OpenSSL", "Linux", "Settings", "Curl", "JSON"], exclude: ["BadSettings"]),
    .target(
      name: "WireFuzzing",
      dependencies: ["Model", "Wire", "Signing", "Conditions", "DNS", "Dialogue"],
      path: "Tests/Fuzz/Decoding", swiftSettings: strict),
    tests("Client", ["UpblitClient", "JSON", "Linux", "TestSupport"]),
    tests(
      "Protocol", ["Model", "Wire", "Signing", "OpenSSL", "WireFuzzing"],
      resources: [.copy("Vectors")]),
    tests("Conditions", ["Conditions", "Model", "WireFuzzing"]),
    tests(
      "Wire", ["Model", "Wire", "Signing", "OpenSSL"],
      exclude: ["upb1.py", "frames.py", "session.py", "independent_sender.py"]),
    tests(
      "Agent",
      [
        "AgentCore", "Model", "Wire", "Signing", "OpenSSL", "Settings", "Linux", "Probing",
        "Resolving", "Spool", "Link", "Curl", "COpenSSL",
      ], exclude: ["servers"]),
    tests("Checks", ["Checks", "Model", "JSON", "Wire"]),
    tests(
      "DNS",
      [
        "DNS", "Resolving", "Model", "Linux", "WireFuzzing", "Probing", "AgentCore", "Conditions",
      ]),
    tests(
      "Conversing",
      [
        "Conversing", "Dialogue", "AgentCore", "Conditions", "Model", "OpenSSL", "COpenSSL",
        "Linux", "WireFuzzing", "Probing", "DNS",
      ], exclude: ["servers"]),
    tests("Quorum", ["Quorum", "Model"]),
    tests("Simulator", ["Simulator", "Quorum", "Model", "JSON"]),
    tests("Pages", ["Pages", "JSON"], exclude: ["read_xml.py"]),
    tests("Console", ["Console", "JSON"]),
    tests("Alerts", ["Alerts", "Quorum", "Model", "JSON"], exclude: ["read_mail.py"]),
    tests(
      "Store",
      [
        "Store", "Alerts", "Checks", "Postgres", "Linux", "Model", "Quorum", "Rollup", "Wire",
        "OpenSSL", "Pages",
        "JSON", "TestSupport",
      ]),
    tests(
      "Sending",
      [
        "Sending", "Alerts", "Store", "Postgres", "Curl", "Model", "OpenSSL", "JSON", "TestSupport",
      ], exclude: ["take_mail.py"]),

    // What tests share: a private Postgres cluster and databases on it.
    .target(
      name: "TestSupport", dependencies: ["JSON", "Linux", "Model", "Postgres", "Store"],
      path: "Tests/Support",
      exclude: ["README.md"], swiftSettings: strict),
  ]
)

if !coreOnly {
  package.products += [
    .executable(name: "upblit-collector", targets: ["upblit-collector"]),
    .executable(name: "upblit", targets: ["upblit"]),
  ]
  package.dependencies += [
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
    .package(url: "https://github.com/vapor/jwt-kit.git", from: "5.7.1"),
    .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
  ]
  package.targets += [
    library("Listening", "Collector/Server/Listening", [nioCore]),
    library(
      "Ingress", "Collector/Server/Ingress",
      [
        "Listening", "Model", "Wire", "Signing", "OpenSSL", "Store", "Postgres", "Linux", nioCore,
        nioPosix,
        nioTLS, nioSSL, logging, lifecycle,
      ]),
    library(
      "Decisions", "Collector/Server/Decisions",
      ["Model", "Quorum", "Store", "Postgres", "Linux", logging, lifecycle]),
    library(
      "SignIn", "Collector/Server/SignIn",
      [
        "Model", "Signing", "Store", "Postgres", "OpenSSL", "JSON", asyncHTTPClient, jwtKit, crypto,
        nioCore, nioHTTP1, logging,
      ]),
    library(
      "API", "Collector/Server/API",
      [
        "Listening", "Model", "Checks", "Conditions", "Signing", "Quorum", "Store", "Postgres",
        "OpenSSL", "JSON", "Zlib", "Alerts", "Sending", "Linux", "SignIn", hummingbird,
        hummingbirdHTTP2, asyncHTTPClient,
        nioCore,
        nioPosix, nioTLS, nioSSL, logging, lifecycle,
      ]),
    library(
      "PageServing", "Collector/Server/Pages",
      [
        "API", "Pages", "Store", "Postgres", "Linux", "Zlib", hummingbird, nioCore, logging,
        lifecycle,
      ]),
    library(
      "ConsoleServer", "Collector/Server/Console", ["API", "Console", "JSON"]),
    program(
      "upblit-collector", "Collector/Main",
      [
        "Settings", "Store", "Postgres", "OpenSSL", "Signing", "JSON", "Linux", "Ingress",
        "Decisions", "API", "PageServing", "ConsoleServer", "SignIn", "Sending", "Alerts",
        logging, lifecycle, unixSignals, nioCore,
      ]),
    program(
      "upblit", "CLI",
      [
        "UpblitClient", "Model", "Checks", "JSON", "Curl", "Linux", "AgentCore", "Probing",
        "Simulator", argumentParser, yams,
      ]),
    tests("EndToEnd", ["JSON", "Linux", "Postgres", "TestSupport"]),
    tests(
      "Collector",
      [
        "Ingress", "Decisions", "API", "Alerts", "PageServing", "Pages", "Console",
        "ConsoleServer", "Sending", "Store", "Checks", "Postgres", "Model", "Wire", "Signing",
        "OpenSSL",
        "Linux", "Curl", "JSON", "Zlib", "TestSupport", "UpblitClient", "upblit",
        "upblit-collector", nioCore, nioEmbedded, logging, lifecycle,
      ], exclude: ["API/schemathesis.toml", "API/Account/hostile_provider.py"]),
  ]
}

// Programs that only a developer runs: fuzzing by mutation (UPBLIT_FUZZ=1) and by coverage
// (UPBLIT_FUZZ=coverage, with --sanitize=fuzzer).
switch Context.environment["UPBLIT_FUZZ"] {
case nil: break
case "coverage":
  package.targets.append(
    .executableTarget(
      name: "upblit-fuzz-coverage", dependencies: ["WireFuzzing"], path: "Tests/Fuzz/Covering",
      swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])]))
default:
  package.targets.append(
    .executableTarget(
      name: "upblit-fuzz", dependencies: ["WireFuzzing", "Wire"], path: "Tests/Fuzz/Mutating",
      swiftSettings: strict))
}

// Set UPBLIT_BENCH=1 to build the programs that deploy/bench runs beside bare baselines.
if Context.environment["UPBLIT_BENCH"] != nil {
  package.products += [
    .executable(name: "upblit-bench-probe", targets: ["upblit-bench-probe"]),
    .executable(name: "upblit-bench-store", targets: ["upblit-bench-store"]),
    .executable(name: "upblit-bench-pages", targets: ["upblit-bench-pages"]),
  ]
  package.targets += [
    program("upblit-bench-probe", "Agent/Bench", ["Curl", "Linux", "Model", "Probing"]),
    program("upblit-bench-store", "Collector/Bench", ["Model", "Store", "Postgres"]),
    program("upblit-bench-pages", "Collector/PageBench", ["Pages"]),
  ]
}
