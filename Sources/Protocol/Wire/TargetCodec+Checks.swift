import Model

/// A check from its kind and options, and back.
extension TargetCodec {
  static func check(
    _ kind: CheckKind, _ options: TargetOptions
  ) throws(WireError) -> Check {
    switch kind {
    case .http: .http(try http(options))
    case .tcp: .tcp(try tcp(options))
    case .udp: .udp(try udp(options))
    case .icmp: .icmp(try icmp(options))
    case .dns: .dns(try dns(options))
    case .tls: .tls(try tls(options))
    case .grpc: .grpc(try grpc(options))
    case .websocket: .websocket(try websocket(options))
    }
  }

  /// Appends a check's options in ascending order of their keys; defaults are left out.
  static func encode(_ check: Check, to options: inout TargetOptionsWriter) {
    switch check {
    case .http(let check): encode(check, to: &options)
    case .tcp(let check):
      options.host(check.host, check.port)
      options.common(check, certificateDays: check.degradedBelowCertificateDays)
      options.tls(check.tls, unless: nil)
      options.startTLS(check.startTLS)
      options.script(check.script)
    case .udp(let check):
      options.host(check.host, check.port)
      options.bytes(.body, check.payload)
      options.common(check)
      options.optionalText(.expectation, check.expectation)
    case .icmp(let check):
      options.text(.address, check.host)
      options.common(check)
      options.group(.packets) { writer in
        for number in [check.packets, check.spacingMs, check.size, check.mostLossPercent] {
          writer.varint(number)
        }
      }
    case .dns(let check):
      options.text(.address, check.name)
      options.common(check)
      options.tls(check.tls, unless: TLSWishes())
      options.group(.question) { encode(check, to: &$0) }
    case .tls(let check):
      options.host(check.host, check.port)
      options.common(check, certificateDays: check.degradedBelowCertificateDays)
      options.tls(check.tls, unless: TLSWishes())
      options.startTLS(check.startTLS)
      options.number(.needsStatus, check.needsStatus ? 1 : 0, unless: 0)
    case .grpc(let check):
      options.host(check.host, check.port)
      options.headers(check.metadata)
      options.common(check, certificateDays: check.degradedBelowCertificateDays)
      options.tls(check.tls, unless: nil)
      options.optionalText(.service, check.service.isEmpty ? nil : check.service)
    case .websocket(let check):
      options.text(.address, check.url)
      options.headers(check.headers)
      options.common(check, certificateDays: check.degradedBelowCertificateDays)
      options.tls(check.tls, unless: TLSWishes())
      options.script(check.script)
      options.texts(.subprotocols, check.subprotocols)
      options.number(.closeCode, check.closeCode.map { UInt32($0) })
    }
  }

  private static func tcp(_ options: TargetOptions) throws(WireError) -> TCPCheck {
    var check = TCPCheck(host: try options.address(), port: try options.port())
    try options.common(&check)
    check.degradedBelowCertificateDays = try options.number(.degradedBelowCertificateDays)
    check.tls = try options.tls()
    check.startTLS = try options.startTLS()
    check.script = try options.script()
    return check
  }

  private static func udp(_ options: TargetOptions) throws(WireError) -> UDPCheck {
    var check = UDPCheck(
      host: try options.address(), port: try options.port(), payload: options.bytes(.body))
    try options.common(&check)
    check.expectation = try options.text(.expectation)
    return check
  }

  private static func icmp(_ options: TargetOptions) throws(WireError) -> ICMPCheck {
    var check = ICMPCheck(host: try options.address())
    try options.common(&check)
    try options.group(.packets) { reader throws(WireError) in
      check.packets = try reader.varint32()
      check.spacingMs = try reader.varint32()
      check.size = try reader.varint32()
      check.mostLossPercent = try reader.varint32()
    }
    guard 1...20 ~= check.packets, check.size <= 8_192, check.mostLossPercent <= 100 else {
      throw .value
    }
    return check
  }

  private static func tls(_ options: TargetOptions) throws(WireError) -> TLSCheck {
    var check = TLSCheck(host: try options.address(), port: try options.port())
    try options.common(&check)
    check.degradedBelowCertificateDays = try options.number(.degradedBelowCertificateDays)
    check.tls = try options.tls() ?? TLSWishes()
    check.startTLS = try options.startTLS()
    check.needsStatus = try options.number(.needsStatus) == 1
    return check
  }

  private static func grpc(_ options: TargetOptions) throws(WireError) -> GRPCCheck {
    var check = GRPCCheck(host: try options.address(), port: try options.port())
    try options.common(&check)
    check.degradedBelowCertificateDays = try options.number(.degradedBelowCertificateDays)
    check.tls = try options.tls()
    check.metadata = try options.headers()
    check.service = try options.text(.service) ?? ""
    return check
  }

  private static func websocket(_ options: TargetOptions) throws(WireError) -> WebSocketCheck {
    var check = WebSocketCheck(url: try options.address())
    try options.common(&check)
    check.degradedBelowCertificateDays = try options.number(.degradedBelowCertificateDays)
    check.headers = try options.headers()
    check.tls = try options.tls() ?? TLSWishes()
    check.script = try options.script()
    check.subprotocols = try options.texts(.subprotocols)
    if let code = try options.number(.closeCode) {
      guard let code = UInt16(exactly: code) else { throw .value }
      check.closeCode = code
    }
    return check
  }
}

extension TargetOptions {
  func address() throws(WireError) -> String {
    guard let address = try text(.address) else { throw .value }
    return address
  }

  func port() throws(WireError) -> UInt16 {
    guard let port = UInt16(exactly: try number(.port) ?? 0), port > 0 else { throw .value }
    return port
  }

  func common(_ check: inout some CommonWishes) throws(WireError) {
    check.family = try family()
    check.degradedAboveMs = try number(.degradedAboveMs)
    check.conditions = try texts(.conditions)
  }

  func headers() throws(WireError) -> [RequestHeader] {
    try pairs(.headers).map { RequestHeader(name: $0.0, value: $0.1) }
  }

  func tls() throws(WireError) -> TLSWishes? {
    var wishes: TLSWishes?
    try group(.tls) { reader throws(WireError) in
      var found = TLSWishes()
      found.verifies = try reader.varint() & 1 == 0
      guard let version = UInt8(exactly: try reader.varint()).flatMap({ TLSVersion(rawValue: $0) })
      else { throw .value }
      found.leastVersion = version
      found.serverName = try reader.optionalString()
      found.authorities = try reader.optionalString()
      found.certificate = try reader.optionalString()
      found.key = try reader.optionalString()
      wishes = found
    }
    return wishes
  }

  func startTLS() throws(WireError) -> StartTLS? {
    guard let number = try number(.startTLS) else { return nil }
    guard let known = UInt8(exactly: number).flatMap({ StartTLS(rawValue: $0) }) else {
      throw .value
    }
    return known
  }

  func script() throws(WireError) -> [ScriptStep] {
    var steps: [ScriptStep] = []
    try group(.script) { reader throws(WireError) in
      for _ in 0..<(try reader.count(minimumBytes: 2)) {
        let kind = try reader.varint()
        let bytes = try reader.lengthPrefixed()
        switch kind {
        case 1: steps.append(.send(Array(bytes)))
        case 2: steps.append(.expect(try ByteReader.string(bytes)))
        default: throw .value
        }
      }
    }
    return steps
  }
}

extension TargetOptionsWriter {
  mutating func host(_ host: String, _ port: UInt16) {
    text(.address, host)
    number(.port, UInt32(port))
  }

  mutating func headers(_ headers: [RequestHeader]) {
    pairs(.headers, headers.map { ($0.name, $0.value) })
  }

  mutating func common(_ check: some CommonWishes, certificateDays: UInt32? = nil) {
    number(.family, UInt32(check.family.rawValue), unless: 0)
    number(.degradedAboveMs, check.degradedAboveMs)
    number(.degradedBelowCertificateDays, certificateDays)
    texts(.conditions, check.conditions)
  }

  mutating func optionalText(_ option: TargetCodec.Option, _ value: String?) {
    if let value { text(option, value) }
  }

  mutating func tls(_ wishes: TLSWishes?, unless usual: TLSWishes?) {
    guard let wishes, wishes != usual else { return }
    group(.tls) { writer in
      writer.varint(UInt64(wishes.verifies ? 0 : 1))
      writer.varint(wishes.leastVersion.rawValue)
      for text in [wishes.serverName, wishes.authorities, wishes.certificate, wishes.key] {
        writer.string(text ?? "", limit: TargetCodec.pemLimit)
      }
    }
  }

  mutating func startTLS(_ value: StartTLS?) {
    number(.startTLS, value.map { UInt32($0.rawValue) })
  }

  mutating func script(_ steps: [ScriptStep]) {
    guard !steps.isEmpty else { return }
    group(.script) { writer in
      writer.count(steps.count)
      for step in steps {
        switch step {
        case .send(let bytes):
          writer.varint(UInt64(1))
          writer.lengthPrefixed(bytes)
        case .expect(let pattern):
          writer.varint(UInt64(2))
          writer.lengthPrefixed(Array(pattern.utf8))
        }
      }
    }
  }
}

extension ByteReader {
  /// A string of an option group; `nil` for an empty one.
  mutating func optionalString() throws(WireError) -> String? {
    let text = try string(limit: TargetCodec.pemLimit)
    return text.isEmpty ? nil : text
  }
}
