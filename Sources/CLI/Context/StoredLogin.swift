import JSON
import UpblitClient

/// What proves who asks, as it is stored: for a context, and for the one collector that gave it. Where
/// the context is made to name another collector, it is not sent there.
struct StoredLogin {
  enum Proof {
    case key(APIKey)
    /// A person's session, and their e-mail address.
    case session(SessionTokens, person: String)
  }

  var context: String
  /// Scheme, host and port (`ServerAddress.origin`).
  var server: String
  var proof: Proof

  init(context: String, server: ServerAddress, proof: Proof) {
    self.context = context
    self.server = server.origin
    self.proof = proof
  }

  /// Reads one as `json` writes it; `nil` for anything else.
  init?(_ json: JSONValue) {
    guard let context = json["context"]?.stringValue, let server = json["server"]?.stringValue
    else { return nil }
    self.context = context
    self.server = server
    if let key = json["api_key"]?.stringValue.flatMap({ APIKey($0) }) {
      proof = .key(key)
    } else if let refresh = json["refresh_token"]?.stringValue,
      let access = json["access_token"]?.stringValue,
      let ends = json["access_ends_ms"]?.integerValue
    {
      proof = .session(
        SessionTokens(access: access, refresh: refresh, accessEndsMs: ends),
        person: json["person"]?.stringValue ?? "")
    } else {
      return nil
    }
  }

  /// With the secrets.
  var json: JSONValue {
    var object = JSONObject()
    object["context"] = .string(context)
    object["server"] = .string(server)
    switch proof {
    case .key(let key): object["api_key"] = .string(key.secret)
    case .session(let tokens, let person):
      object["person"] = .string(person)
      object["access_token"] = .string(tokens.access)
      object["access_ends_ms"] = .integer(tokens.accessEndsMs)
      object["refresh_token"] = .string(tokens.refresh)
    }
    return .object(object)
  }

  /// Without the secrets: `an API key`, or whose session it is.
  var words: String {
    switch proof {
    case .key: "an API key"
    case .session(_, let person): person
    }
  }
}

/// The session of a context in the file of credentials, as `UpblitClient` renews it: one process at a
/// time, and stored before it is used.
struct StoredSession: SessionStore {
  let context: String
  let server: ServerAddress

  func exchange(
    _ renew: @Sendable (SessionTokens) async throws(APIError) -> SessionTokens
  ) async throws(APIError) -> SessionTokens {
    let renewed: Result<SessionTokens, APIError>
    do throws(CLIError) {
      let place = try CredentialFile.place()
      renewed = try await place.alone { () async throws(CLIError) in
        var file = try CredentialFile.read()
        guard var login = file.login(of: context), login.server == server.origin,
          case .session(let stored, let person) = login.proof
        else {
          return .failure(.session(server, reason: "it is not stored any more"))
        }
        let next: SessionTokens
        do throws(APIError) { next = try await renew(stored) } catch { return .failure(error) }
        if next != stored {
          login.proof = .session(next, person: person)
          file.put(login)
          try place.write(file.text)
        }
        return .success(next)
      }
    } catch {
      throw .session(server, reason: error.message)
    }
    return try renewed.get()
  }
}
