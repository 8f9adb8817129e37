import Foundation
import Model
import OpenSSL
import Signing
import Testing
import Wire
import WireFuzzing

/// The vectors that `upb1.json` lacks: every other frame, enrolment, rotation, the token's text.
///
/// After an intended change of the wire, `UPBLIT_WRITE_VECTORS=FILE` writes them anew to FILE.
@Suite struct FrameVectorTests {
  struct File: Codable, Equatable {
    var frames: [String]
    var token: String
    var token_pin: String
    var channel_binding: String
    var enroll: String
    var enrolled: String
    var enrolled_root: String
    var rotate: String
    var rotated: String
    var rotated_root: String
    var signed_results: [String]
  }

  private func computed() throws -> File {
    let agentPrivate = try X25519(privateKey: [UInt8](repeating: 0x41, count: 32))
    let collectorPrivate = try X25519(privateKey: [UInt8](repeating: 0x43, count: 32))
    let secret = [UInt8](repeating: 0x11, count: 32)
    let binding = [UInt8](repeating: 0xcb, count: 32)
    let agent = AgentID(high: 0xa1a1_a1a1_a1a1_a1a1, low: 0xa1a1_a1a1_a1a1_a1a1)
    let tokenID = TokenID(high: 0x7071_7273_7475_7677, low: 0x7879_7a7b_7c7d_7e7f)
    let pin = try #require(Pin(hash: [UInt8](repeating: 0x50, count: 32)))
    let agentNonce = [UInt8](repeating: 0xaa, count: 32)
    let collectorNonce = [UInt8](repeating: 0xcc, count: 32)

    var enroll = Enroll(
      token: tokenID, publicKey: agentPrivate.publicKey, nonce: agentNonce, hostname: "vm-7",
      region: "eu-west", provider: "example", software: "upblit-agent/0.1.0", code: [])
    enroll.code = try EnrolmentProof.agentCode(
      for: enroll, secret: secret, channelBinding: binding)
    let enrollFrame = Frame.encode(enroll)
    let root = try AgentKeys.deriveRoot(
      secret: secret, shared: collectorPrivate.sharedSecret(with: agentPrivate.publicKey),
      agentNonce: agentNonce, collectorNonce: collectorNonce, agent: agent, keyID: 1)
    var enrolled = Enrolled(
      agent: agent, keyID: 1, publicKey: collectorPrivate.publicKey, nonce: collectorNonce,
      region: "eu-west", provider: "example", code: [])
    enrolled.code = try EnrolmentProof.collectorCode(
      for: enrolled, root: root, enrollFrame: enrollFrame, channelBinding: binding)

    let rotate = KeyRotate(
      keyID: 2, publicKey: collectorPrivate.publicKey, nonce: [UInt8](repeating: 0xcd, count: 32))
    var rotated = KeyRotated(
      keyID: 2, publicKey: agentPrivate.publicKey, nonce: [UInt8](repeating: 0xab, count: 32),
      code: [])
    let newRoot = try AgentKeys.deriveRoot(
      secret: root, shared: agentPrivate.sharedSecret(with: collectorPrivate.publicKey),
      agentNonce: rotated.nonce, collectorNonce: rotate.nonce, agent: agent, keyID: 2)
    rotated.code = try RotationProof.code(
      root: newRoot, rotateBody: rotate.encoded(), rotated: rotated)

    let code = try BatchCode(keys: AgentKeys(root: root))
    return File(
      frames: SampleFrames.frames.map(hexadecimal),
      token: try EnrolmentToken(id: tokenID, secret: secret, pins: [pin]).text(),
      token_pin: pin.description, channel_binding: hexadecimal(binding),
      enroll: hexadecimal(enrollFrame), enrolled: hexadecimal(Frame.encode(enrolled)),
      enrolled_root: hexadecimal(root), rotate: hexadecimal(Frame.encode(rotate)),
      rotated: hexadecimal(Frame.encode(rotated)), rotated_root: hexadecimal(newRoot),
      signed_results: try SampleFrames.resultsBodies.map {
        hexadecimal(try code.sign(Array($0.dropLast(bodyCodeCount))))
      })
  }

  @Test func `every frame, enrolment, rotation and token come out as the golden vectors say`()
    throws
  {
    let computed = try computed()
    if let path = ProcessInfo.processInfo.environment["UPBLIT_WRITE_VECTORS"] {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      try encoder.encode(computed).write(to: URL(filePath: path))
    }
    let stored = try JSONDecoder().decode(
      File.self, from: Data(contentsOf: Vectors.url("frames.json")))
    #expect(computed == stored)
  }

  @Test func `a token's text is read back, and any change of it is noticed`() throws {
    let text = try computed().token
    let token = try EnrolmentToken(text: "  \(text)\r\n")
    #expect(try token.text() == text)
    #expect(token.pins.map(\.description) == [try computed().token_pin])
    let digits = Array(text.utf8)
    for index in digits.indices.dropFirst(EnrolmentToken.prefix.utf8.count) {
      var changed = digits
      changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
      #expect(throws: TokenError.self) {
        try EnrolmentToken(text: String(decoding: changed, as: UTF8.self))
      }
    }
    for index in digits.indices {
      #expect(throws: TokenError.self) {
        try EnrolmentToken(text: String(decoding: digits[..<index], as: UTF8.self))
      }
    }
    #expect(throws: TokenError.notAToken) { try EnrolmentToken(text: "upb_key_abc") }
  }

  @Test func `both sides derive the same root, and a reflected key agreement is refused`() throws {
    let agent = try X25519()
    let collector = try X25519()
    #expect(
      try agent.sharedSecret(with: collector.publicKey)
        == collector.sharedSecret(with: agent.publicKey))
    #expect(throws: OpenSSLError.self) {
      try agent.sharedSecret(with: [UInt8](repeating: 0, count: 32))
    }
  }
}
