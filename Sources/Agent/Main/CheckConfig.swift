import Link
import Linux
import Settings

/// `upblit-agent check-config`.
enum CheckConfig {
  static let table = SettingsTable([AgentKey.example.description] + AgentKey.common)

  static func run(_ values: SettingsValues) throws(AgentCommand.Failure) -> AgentCommand.Exit {
    if values[AgentKey.example] {
      Terminal.print(
        SettingsTable(AgentKey.common).exampleFile(title: "Settings of upblit-agent."))
      return .ok
    }
    do {
      guard try Files.status(of: values[AgentKey.caFile]) != nil else {
        throw AgentCommand.Failure(
          exit: .configuration,
          message: "ca_file = \"\(values[AgentKey.caFile])\": there is no such file; install "
            + "ca-certificates, or name another")
      }
      let state = try StateFolder(values[AgentKey.stateFolder], makes: false)
      let identity = try state.identity()
      let pins = try state.pins()
      let collectors = values[AgentKey.collectors]
      Terminal.print(
        "the settings are good\nagent \(identity.agent) in region \(identity.region), "
          + "\(pins.count) pinned key(s), collectors "
          + (collectors.isEmpty ? identity.collectors.map(\.description) : collectors)
          .joined(separator: ", "))
      return .ok
    } catch let error as AgentCommand.Failure {
      throw error
    } catch let error as StateError {
      throw AgentCommand.failure(error)
    } catch {
      throw AgentCommand.Failure(exit: .noPermission, message: "\(error)")
    }
  }
}
