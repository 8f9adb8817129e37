import Synchronization

/// A person's session as a credential: renewed by itself a minute before its access token ends, by one
/// request however many need it.
public final class SessionCredential: Sendable {
  private struct State {
    var tokens: SessionTokens
    var renewal: Task<Result<SessionTokens, APIError>, Never>?
  }

  private let state: Mutex<State>
  private let store: (any SessionStore)?

  /// - Parameter store: where it is kept beyond this process; `nil` keeps it in memory alone.
  public init(_ tokens: SessionTokens, store: (any SessionStore)? = nil) {
    state = Mutex(State(tokens: tokens))
    self.store = store
  }

  /// The tokens of now, to be stored. Keep them out of logs.
  public var tokens: SessionTokens { state.withLock { $0.tokens } }

  /// An access token that may be sent now.
  ///
  /// - Parameters:
  ///   - refused: one that the collector did not take, and that is not to be tried again.
  ///   - renew: asks the collector for the next tokens.
  func accessToken(
    at nowMs: Int64, refused: String?,
    renew: @escaping @Sendable (SessionTokens) async throws(APIError) -> SessionTokens
  ) async throws(APIError) -> String {
    @Sendable func isGood(_ tokens: SessionTokens) -> Bool {
      tokens.access != refused && tokens.isFresh(at: nowMs)
    }
    let renewal = state.withLock { state -> Task<Result<SessionTokens, APIError>, Never>? in
      if isGood(state.tokens) { return nil }
      if let running = state.renewal { return running }
      // A task of its own: a caller that is cancelled must not lose tokens that are on their way.
      let started = Task { await self.renewed(isGood: isGood, renew) }
      state.renewal = started
      return started
    }
    guard let renewal else { return tokens.access }
    return try await renewal.value.get().access
  }

  private func renewed(
    isGood: @escaping @Sendable (SessionTokens) -> Bool,
    _ renew: @escaping @Sendable (SessionTokens) async throws(APIError) -> SessionTokens
  ) async -> Result<SessionTokens, APIError> {
    let result: Result<SessionTokens, APIError>
    do throws(APIError) {
      if let store {
        // Another process may have renewed them since.
        let found = try await store.exchange { (stored) async throws(APIError) in
          try await isGood(stored) ? stored : renew(stored)
        }
        result = .success(found)
      } else {
        result = .success(try await renew(tokens))
      }
    } catch {
      result = .failure(error)
    }
    state.withLock { state in
      if case .success(let tokens) = result { state.tokens = tokens }
      state.renewal = nil
    }
    return result
  }
}

extension SessionCredential: Hashable {
  public static func == (left: SessionCredential, right: SessionCredential) -> Bool {
    left === right
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

extension SessionCredential: CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  public var description: String { "a session" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: []) }
}
