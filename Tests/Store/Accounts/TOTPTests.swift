import Model
import OpenSSL
import Testing

@testable import Store

@Suite struct TOTPTests {
  /// The secret of RFC 6238 appendix B.
  private static let secret = TOTP(secret: Array("12345678901234567890".utf8))

  /// RFC 6238 appendix B, for SHA-1; the last six of the eight digits that it shows.
  private static let vectors: [(Int64, String)] = [
    (59, "287082"), (1_111_111_109, "081804"), (1_111_111_111, "050471"),
    (1_234_567_890, "005924"), (2_000_000_000, "279037"), (20_000_000_000, "353130"),
  ]

  @Test(arguments: vectors)
  func `codes are those of RFC 6238`(_ seconds: Int64, _ code: String) throws {
    #expect(try Self.secret.code(atStep: TOTP.step(atSeconds: seconds)) == code)
  }

  /// A code of the step 100, typed at another, after one of another was accepted.
  private static let windows: [(now: Int64, last: Int64?, isAccepted: Bool)] = [
    (100, nil, true), (99, nil, true), (101, nil, true), (98, nil, false), (102, nil, false),
    (100, 99, true), (100, 100, false), (101, 100, false), (101, 101, false), (99, 101, false),
  ]

  @Test(arguments: windows)
  func `a code is good for one step either way, and once`(
    _ now: Int64, _ last: Int64?, _ isAccepted: Bool
  ) throws {
    let code = try Self.secret.code(atStep: 100)
    let step = try Self.secret.accept(code, now: now, last: last)
    #expect(step == (isAccepted ? 100 : nil))
  }

  @Test(arguments: ["", "12345", "1234567", "28708a", "２８７０８２", "-87082"])
  func `what is no code is refused`(_ text: String) throws {
    #expect(try Self.secret.accept(text, now: 1, last: nil) == nil)
    #expect(try Self.secret.accept("287 082", now: 1, last: nil) == 1)
    #expect(try Self.secret.accept("287082", now: 0, last: nil) == 1)
  }

  @Test func `the picture's address says all that a program needs`() {
    #expect(Self.secret.text == "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
    #expect(
      Self.secret.uri(issuer: "Upblit: prod", account: "ann@example.org")
        == "otpauth://totp/Upblit%3A%20prod:ann%40example.org?"
        + "secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Upblit%3A%20prod"
        + "&algorithm=SHA1&digits=6&period=30")
  }

  /// RFC 4648 section 10, without the padding.
  private static let base32: [(String, String)] = [
    ("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"),
    ("fooba", "MZXW6YTB"), ("foobar", "MZXW6YTBOI"),
  ]

  @Test(arguments: base32)
  func `base 32 is that of RFC 4648`(_ text: String, _ encoded: String) {
    #expect(Base32.encode(Array(text.utf8)) == encoded)
  }

  @Test func `a recovery code is typed in any dress, and is one person's`() throws {
    let (ann, bob) = (PersonID.random(), PersonID.random())
    let code = try RecoveryCode.random()
    #expect(code.text.utf8.count == 19)
    let hash = try RecoveryCode.hash(code.text, of: ann)
    #expect(try RecoveryCode.hash(code.text.uppercased(), of: ann) == hash)
    #expect(
      try RecoveryCode.hash(" " + String(code.text.filter { $0 != "-" }), of: ann) == hash)
    #expect(try RecoveryCode.hash(code.text, of: bob) != hash)
    #expect(try RecoveryCode.hash("", of: ann) != hash)
  }
}
