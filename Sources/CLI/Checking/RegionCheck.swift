import ArgumentParser
import Checks
import UpblitClient

/// One check that a collector has every region try, beside this machine.
struct RegionCheck: Sendable {
  let client: Session
  let question: CheckSpec.Question
  /// `nil` is all there are.
  let regions: [String]?

  /// The collector of whoever is logged in, by the environment or by the context in use; `nil` where
  /// nobody is.
  static func account() throws(CLIError) -> Session? {
    let isNamed =
      Environment.value("UPBLIT_SERVER") != nil || Environment.value("UPBLIT_CONTEXT") != nil
    let current = try ContextFile.read().current
    guard isNamed || current != nil else { return nil }
    let options: ConnectionOptions
    do { options = try ConnectionOptions.parse(["--timeout", "10"]) } catch {
      throw CLIError(.failure, "\(error)")
    }
    guard try Connection(options).credential != nil else { return nil }
    return try options.client()
  }

  /// Has the regions asked.
  func begin() async -> Result<CheckTry, CLIError> {
    do throws(CLIError) {
      let check = CheckDocument.json(question.check)
      return .success(
        try await client.ask { (client) async throws(APIError) in
          try await client.tryCheck(
            check, timeoutMs: Int64(question.timeoutMs), regions: regions)
        })
    } catch {
      return .failure(error)
    }
  }

  /// Tells each region's answer once, as soon as it is there, until all are.
  func follow(
    _ begun: CheckTry, _ tell: (CheckTry.Region) -> Void
  ) async throws(CLIError) {
    let end = Moment.now + Int64(question.timeoutMs) + 10_000
    var standing = begun
    var told: Set<String> = []
    while true {
      for region in standing.regions
      where region.outcome != nil && told.insert(region.region).inserted {
        tell(region)
      }
      if standing.isDone { return }
      guard Moment.now < end else {
        throw CLIError(.failure, "the collector did not say in time what the others found")
      }
      do { try await Task.sleep(for: .milliseconds(250)) } catch {
        throw CLIError(.interrupted, "")
      }
      standing = try await client.ask { (client) async throws(APIError) in
        try await client.triedCheck(begun.id)
      }
    }
  }
}
