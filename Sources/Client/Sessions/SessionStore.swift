/// Where a program keeps a session, so that it outlives the program and several may share it.
public protocol SessionStore: Sendable {
  /// Hands the tokens that are stored to `renew` and stores what that returns, before it returns it
  /// itself; no other process does so meanwhile. Where `renew` throws, what is stored stays.
  ///
  /// A refresh token is good once: two programs that used the same one would end the session.
  ///
  /// - Throws: also `APIError.session`, where nothing is stored or nothing can be.
  func exchange(
    _ renew: @Sendable (SessionTokens) async throws(APIError) -> SessionTokens
  ) async throws(APIError) -> SessionTokens
}
