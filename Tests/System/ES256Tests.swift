import OpenSSL
import Testing

@Suite struct ES256Tests {
  @Test func `a signature is of one message and one key`() throws {
    let key = try ES256.PrivateKey()
    let message = Array("header.payload".utf8)
    let signature = try key.signature(of: message)
    #expect(signature.count == 64)
    #expect(ES256.verify(signature, of: message, publicKey: key.publicKey))
    #expect(!ES256.verify(signature, of: message + [0], publicKey: key.publicKey))
    #expect(!ES256.verify(signature, of: message, publicKey: try ES256.PrivateKey().publicKey))
    for index in [0, 31, 32, 63] {
      var changed = signature
      changed[index] ^= 1
      #expect(!ES256.verify(changed, of: message, publicKey: key.publicKey))
    }
  }

  @Test func `signatures are 64 bytes however small their numbers`() throws {
    let key = try ES256.PrivateKey()
    for number in 0..<600 as Range<UInt16> {
      let message = [UInt8(number >> 8), UInt8(truncatingIfNeeded: number)]
      let signature = try key.signature(of: message)
      #expect(signature.count == 64)
      #expect(ES256.verify(signature, of: message, publicKey: key.publicKey))
    }
  }

  @Test func `a key is taken up again from its bytes`() throws {
    let key = try ES256.PrivateKey()
    let again = try ES256.PrivateKey(bytes: key.bytes())
    #expect(again.publicKey == key.publicKey)
    #expect(ES256.verify(try again.signature(of: [1]), of: [1], publicKey: key.publicKey))
    #expect(throws: OpenSSLError.self) { try ES256.PrivateKey(bytes: [1, 2, 3]) }
    #expect(throws: OpenSSLError.self) { try ES256.PrivateKey(bytes: []) }
  }

  /// RFC 7515 appendix A.3.
  @Test func `the signature of RFC 7515 is verified`() throws {
    let x: [UInt8] = [
      127, 205, 206, 39, 112, 246, 196, 93, 65, 131, 203, 238, 111, 219, 75, 123, 88, 7, 51, 53,
      123, 233, 239, 19, 186, 207, 110, 60, 123, 209, 84, 69,
    ]
    let y: [UInt8] = [
      199, 241, 68, 205, 27, 189, 155, 126, 135, 44, 223, 237, 185, 238, 185, 244, 179, 105, 93,
      110, 169, 11, 36, 173, 138, 70, 35, 40, 133, 136, 229, 173,
    ]
    let r: [UInt8] = [
      14, 209, 33, 83, 121, 99, 108, 72, 60, 47, 127, 21, 88, 7, 212, 2, 163, 178, 40, 3, 58, 249,
      124, 126, 23, 129, 154, 195, 22, 158, 166, 101,
    ]
    let s: [UInt8] = [
      197, 10, 7, 211, 140, 60, 112, 229, 216, 241, 45, 175, 8, 74, 84, 128, 166, 101, 144, 197,
      242, 147, 80, 154, 143, 63, 127, 138, 131, 163, 84, 213,
    ]
    let input =
      "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLm"
      + "NvbS9pc19yb290Ijp0cnVlfQ"
    #expect(ES256.verify(r + s, of: Array(input.utf8), publicKey: [4] + x + y))
  }

  @Test func `what is no point and no signature verifies nothing`() throws {
    let key = try ES256.PrivateKey()
    let signature = try key.signature(of: [1])
    let zeros = [UInt8](repeating: 0, count: 64)
    #expect(!ES256.verify(zeros, of: [1], publicKey: key.publicKey))
    #expect(!ES256.verify(signature, of: [1], publicKey: [4] + zeros))
    #expect(!ES256.verify(signature, of: [1], publicKey: []))
    #expect(!ES256.verify([], of: [1], publicKey: key.publicKey))
  }

  /// RFC 2202 section 3, cases 1 and 2.
  @Test func `HMAC with SHA-1 gives the tags of RFC 2202`() throws {
    let first = try HMACSHA1.tag(key: .init(repeating: 0x0b, count: 20), Array("Hi There".utf8))
    #expect(first.prefix(4) == [0xb6, 0x17, 0x31, 0x86])
    let second = try HMACSHA1.tag(
      key: Array("Jefe".utf8), Array("what do ya want for nothing?".utf8))
    #expect(second.prefix(4) == [0xef, 0xfc, 0xdf, 0x6a])
  }
}
