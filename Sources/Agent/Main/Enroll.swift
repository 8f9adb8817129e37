import Glibc
import Link
import Linux
import Settings
import Signing

/// `upblit-agent enroll`.
enum Enroll {
  static let table = SettingsTable(
    [
      AgentKey.collector.description, AgentKey.tokenFile.description, AgentKey.region.description,
      AgentKey.provider.description, AgentKey.name.description,
    ] + AgentKey.common)

  static func run(_ values: SettingsValues) throws(AgentCommand.Failure) -> AgentCommand.Exit {
    let token = try token(values[AgentKey.tokenFile])
    let state: StateFolder
    do {
      state = try StateFolder(values[AgentKey.stateFolder], makes: true)
      let lock = try state.lock()
      defer { _ = lock.raw }
      if let identity = try? state.identity() {
        throw StateError.system(
          "this machine is agent \(identity.agent) already: to enrol it anew, remove "
            + "\(state.path)/identity first")
      }
      let client = EnrolmentClient(
        state: state, token: token,
        collectors: values[AgentKey.collector].compactMap { CollectorAddress($0) },
        proxy: values[AgentKey.proxy])
      let identity = try client.enrol(
        hostname: values[AgentKey.name] ?? hostname(), region: values[AgentKey.region],
        provider: values[AgentKey.provider], software: AgentCommand.software)
      Terminal.print(
        "enrolled as agent \(identity.agent) in region \(identity.region.plain) at provider "
          + "\(identity.provider.plain)\nstart it with: upblit-agent run")
      return .ok
    } catch let error as StateError {
      throw AgentCommand.failure(error)
    } catch let error as EnrolmentError {
      let exit: AgentCommand.Exit =
        switch error {
        case .refused, .distrusted: .noPermission
        case .unreachable: .unavailable
        case .failed: .software
        }
      throw AgentCommand.Failure(exit: exit, message: "\(error)")
    } catch {
      throw AgentCommand.Failure(exit: .software, message: "\(error)")
    }
  }

  private static func token(_ path: String) throws(AgentCommand.Failure) -> EnrolmentToken {
    let text: String
    if path == "-" {
      text = readLine() ?? ""
    } else {
      do {
        guard let bytes = try Files.read(path, limit: 65536) else {
          throw SystemError("read \(path)", code: ENOENT)
        }
        text = String(decoding: bytes, as: UTF8.self)
      } catch {
        throw AgentCommand.Failure(exit: .usage, message: "the token can't be read: \(error)")
      }
    }
    do {
      return try EnrolmentToken(text: text)
    } catch {
      throw AgentCommand.Failure(exit: .usage, message: "\(error)")
    }
  }

  private static func hostname() -> String {
    var names = utsname()
    guard uname(&names) == 0 else { return "unknown" }
    return withUnsafeBytes(of: names.nodename) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
