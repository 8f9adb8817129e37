import OpenSSL

extension PasswordHash.Parameters {
  /// Costs nothing: what is tested is not how long it takes.
  static var forTests: Self { Self(logN: 4, r: 8, p: 1) ?? .standard }
}
