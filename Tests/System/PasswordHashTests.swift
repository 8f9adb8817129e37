import OpenSSL
import Testing

@Suite struct PasswordHashTests {
  /// Quick, for tests: 16 KiB.
  private static func quick(logN: Int = 4) throws -> PasswordHash.Parameters {
    try #require(PasswordHash.Parameters(logN: logN, r: 8, p: 1))
  }

  @Test func `a password is told from another by its hash, which is never the same twice`() throws {
    let first = try PasswordHash(hashing: "correct horse", Self.quick())
    let second = try PasswordHash(hashing: "correct horse", Self.quick())
    #expect(first.text != second.text)
    #expect(try first.matches("correct horse"))
    #expect(try second.matches("correct horse"))
    for other in ["", "correct hors", "correct horse ", "Correct horse"] {
      #expect(try !first.matches(other))
    }
    #expect(try PasswordHash(hashing: "", Self.quick()).matches(""))
  }

  @Test func `the text form is read back and says how it was made`() throws {
    let hash = try PasswordHash(hashing: "correct horse", Self.quick())
    #expect(hash.text.hasPrefix("$scrypt$ln=4,r=8,p=1$"))
    let read = try #require(PasswordHash(text: hash.text))
    #expect(read == hash)
    #expect(try read.matches("correct horse"))
  }

  /// RFC 7914 section 12, the first 32 of its 64 bytes (they are those of a hash of 32).
  @Test func `a hash that another program made is verified`() throws {
    let text =
      "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$"
      + "cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofI"
    let hash = try #require(PasswordHash(text: text))
    #expect(hash.text == text)
    #expect(try hash.matches("pleaseletmein"))
  }

  @Test(arguments: [
    "", "$", "$scrypt$ln=4,r=8,p=1$c2FsdHNhbHQ", "$argon2id$ln=4,r=8,p=1$c2FsdHNhbHQ$",
    "$scrypt$ln=21,r=8,p=1$c2FsdHNhbHRzYWx0$c2FsdHNhbHRzYWx0c2FsdHNhbHQ",
    "$scrypt$ln=17,r=32,p=1$c2FsdHNhbHRzYWx0$c2FsdHNhbHRzYWx0c2FsdHNhbHQ",
    "$scrypt$ln=+4,r=8,p=1$c2FsdHNhbHRzYWx0$c2FsdHNhbHRzYWx0c2FsdHNhbHQ",
    "$scrypt$ln=4,r=8,p=0$c2FsdHNhbHRzYWx0$c2FsdHNhbHRzYWx0c2FsdHNhbHQ",
    "$scrypt$ln=4,p=1,r=8$c2FsdHNhbHRzYWx0$c2FsdHNhbHRzYWx0c2FsdHNhbHQ",
    "$scrypt$ln=4,r=8,p=1$c2FsdHNhbHRzYWx0$c2FsdHNhbHRzYWx0c2FsdHNhbHR",
    "$scrypt$ln=4,r=8,p=1$c2FsdHNhbHRzYWx0$c2FsdHNhbHRzYWx0c2Fsd=NhbHQ",
    "$scrypt$ln=99999999999999999999,r=8,p=1$c2FsdHNhbHRzYWx0$c2FsdHNhbHRzYWx0c2FsdHNhbHQ",
  ])
  func `what is no hash is not read`(_ text: String) {
    #expect(PasswordHash(text: text) == nil)
  }

  @Test func `a hash of weaker parameters is to be made anew`() throws {
    let hash = try PasswordHash(hashing: "correct horse", Self.quick(logN: 4))
    #expect(hash.needsRehash())
    #expect(hash.needsRehash(try Self.quick(logN: 5)))
    #expect(!hash.needsRehash(try Self.quick(logN: 4)))
  }

  @Test func `the standard parameters are OWASP's and fit OpenSSL's bound`() throws {
    let hash = try PasswordHash(hashing: "correct horse battery")
    #expect(hash.text.hasPrefix("$scrypt$ln=17,r=8,p=1$"))
    #expect(!hash.needsRehash())
    #expect(try hash.matches("correct horse battery"))
  }
}
