import Curl
import Linux
import OpenSSL
import Signing

/// One connection to a collector: libcurl's, so that pins, proxies and the choice between IPv4 and
/// IPv6 are its affair. It belongs to one thread, and only `init` waits.
final class Connection {
  /// Frames that wait to be sent may take so much memory before results are held back.
  static let sendLimit = 1 << 20

  /// 32 bytes that both sides know of this TLS connection; zeros on plain loopback.
  let channelBinding: [UInt8]
  private let handle: EasyHandle
  private var outgoing: [[UInt8]] = []
  /// The frame that is being sent: TLS wants to see the same memory again after it had no room.
  private var current: UnsafeMutableRawBufferPointer?
  private var currentOffset = 0
  private(set) var outgoingBytes = 0
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 1)

  /// Connects, at most for ten seconds.
  init(
    to address: CollectorAddress, pins: [Pin], proxy: String?
  ) throws(ConnectionError) {
    guard address.isPlain || !pins.isEmpty else { throw .noPins }
    let handle: EasyHandle
    do {
      handle = try EasyHandle()
      try Self.prepare(handle, address, pins, proxy)
    } catch { throw .failed("\(error)") }
    self.handle = handle
    let code = handle.perform()
    guard code == .ok else {
      let text = handle.errorText
      throw code.rawValue == Self.pinMismatch
        ? .wrongPin : .failed(text.isEmpty ? code.text : text)
    }
    if address.isPlain {
      guard let peer = handle.info(.peerAddress), CollectorAddress.isLoopback(peer) else {
        throw .plainElsewhere
      }
      channelBinding = HandshakeProof.noChannelBinding
    } else {
      guard let certificate = handle.peerCertificate,
        let hash = try? SHA256.digest(certificate.publicKeyInfo)
      else { throw .failed("the collector's certificate can't be read") }
      // libcurl has checked this; without it nothing else here would be worth much.
      guard pins.contains(where: { equalInConstantTime($0.hash, hash) }) else { throw .wrongPin }
      channelBinding = hash
    }
    guard let socket = handle.activeSocket else { throw .failed("the connection has no socket") }
    tuneConnection(socket, deadAfterMs: 20_000, keepAliveCount: 3)
  }

  deinit {
    current?.deallocate()
    buffer.deallocate()
  }

  /// CURLE_SSL_PINNEDPUBKEYNOTMATCH
  private static let pinMismatch: UInt32 = 90

  private static func prepare(
    _ handle: EasyHandle, _ address: CollectorAddress, _ pins: [Pin], _ proxy: String?
  ) throws(CurlError) {
    try handle.keepErrorText()
    try handle.set(.url, address.url)
    try handle.set(.connectOnly, 1)
    try handle.set(.noSignal, 1)
    try handle.set(.quickExit, 1)
    try handle.set(.connectTimeoutMs, 10_000)
    try handle.set(.timeoutMs, 10_000)
    try handle.set(.proxy, proxy ?? "")
    try handle.set(.noDelay, 1)
    try handle.set(.keepAlive, 1)
    try handle.set(.keepAliveIdleSeconds, 15)
    try handle.set(.keepAliveIntervalSeconds, 5)
    guard !address.isPlain else { return }
    try handle.set(.tlsVersion, CurlNumber.tls13)
    try handle.set(.negotiateProtocol, 0)
    // The pin takes the place of the CA's word and of the name.
    try handle.set(.verifyPeer, 0)
    try handle.set(.verifyHost, 0)
    try handle.keepCertificate()
    try handle.set(.pinnedPublicKey, pins.map(\.description).joined(separator: ";"))
  }

  /// To be watched, not to be used; `nil` once the connection is gone.
  var socket: Int32? { handle.activeSocket }

  /// Whether the socket's room to write is waited for.
  var wantsToWrite: Bool { current != nil || !outgoing.isEmpty }

  /// Puts a frame in the queue; `flush` sends it.
  func send(_ frame: [UInt8]) {
    outgoing.append(frame)
    outgoingBytes += frame.count
  }

  /// Sends what the connection takes now.
  func flush() throws(ConnectionError) {
    while true {
      if current == nil {
        guard !outgoing.isEmpty else { return }
        let frame = outgoing.removeFirst()
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: frame.count, alignment: 1)
        copy.copyBytes(from: frame)
        current = copy
        currentOffset = 0
      }
      guard let whole = current else { return }
      do {
        let rest = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(whole)[currentOffset...])
        guard let count = try handle.send(rest) else { return }
        currentOffset += count
        outgoingBytes -= count
      } catch { throw .failed("\(error)") }
      if currentOffset == whole.count {
        whole.deallocate()
        current = nil
      }
    }
  }

  /// How reading ended.
  enum Received {
    /// All that has come is read.
    case drained
    /// Much was read, and more may be there: read again before waiting.
    case more
    /// The peer has closed.
    case closed
  }

  /// Appends what has come to `input`.
  func receive(into input: inout [UInt8]) throws(ConnectionError) -> Received {
    while true {
      do {
        switch try handle.receive(into: buffer) {
        case .bytes(let count): input += buffer[..<count]
        case .wouldBlock: return .drained
        case .closed: return .closed
        }
      } catch { throw .failed("\(error)") }
      if input.count > 4 << 20 { return .more }
    }
  }
}

/// Why there is no connection, or no longer one.
public enum ConnectionError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The collector showed another key than the one that is pinned.
  case wrongPin
  /// TLS without a pin would trust anyone.
  case noPins
  /// A plain connection led to another machine.
  case plainElsewhere
  case failed(String)

  public var description: String {
    switch self {
    case .wrongPin:
      "the collector's key is not the pinned one: either this is not your collector, or its key was "
        + "replaced; if it was replaced, enrol this agent again with a new token"
    case .noPins:
      "there is no pin for this collector: enrol with a token that carries one"
    case .plainElsewhere: "a plain connection may only lead to this very machine"
    case .failed(let reason): reason
    }
  }
}
