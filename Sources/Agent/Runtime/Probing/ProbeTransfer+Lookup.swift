import AgentCore
import Curl
import Linux
import Model

/// What the target is asked, and the lookup of its name as far as that is known here.
extension ProbeTransfer {
  /// What the target is asked; `nil` where that was not understood.
  var check: Check? {
    switch target.question {
    case .check(let check): check
    case .canary(let check): .tcp(check)
    case .notUnderstood: nil
    }
  }

  /// Whether a probe of the target looks a name up.
  var needsLookup: Bool {
    if let knownNeedOfLookup { return knownNeedOfLookup }
    let url: CurlURL? =
      switch target.question {
      case .check(.http(let check)): check.pinnedAddress == nil ? CurlURL(check.url) : nil
      case .check(.grpc(let check)): CurlURL("http://\(Check.grpc(check).target)/")
      case .check(.tcp(let check)), .canary(let check): CurlURL("http://\(check.address)/")
      case .check, .notUnderstood: nil
      }
    let needs = url.map { !$0.hostIsAddress } ?? false
    knownNeedOfLookup = needs
    return needs
  }

  func beginLookup() {
    isLookingUp = true
    lookups.gate.begin()
  }

  /// The name of the request that runs has been looked up, or the request ended before.
  func endLookup(isLeftBehind: Bool, nowUs: Int64) {
    guard isLookingUp else { return }
    isLookingUp = false
    lookups.gate.end(isLeftBehind: isLeftBehind, nowUs: nowUs)
  }

  /// What this agent lacked to look a name up; `nil` where it is the name that was not found.
  func lackOfLookup(_ handle: EasyHandle, hostIsAddress: Bool) -> String? {
    guard ProcessLimits.canOpenFile else { return "no file could be opened" }
    // A lookup that is under way is waited for, on a socket by which its thread tells its end.
    guard hostIsAddress || handle.hasWaited else {
      return "the lookup of the name could not be begun: threads or memory are short"
    }
    return nil
  }
}
