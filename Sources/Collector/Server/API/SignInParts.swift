import AsyncHTTPClient
import SignIn
import Store

/// What signing in needs beside the store.
struct SignInParts: Sendable {
  let tokens: AccessTokens
  let passwords: PasswordGate
  /// `nil` where no provider of identities is configured.
  let oidc: OIDCProvider?
}
