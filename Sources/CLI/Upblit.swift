import ArgumentParser
import UpblitClient

/// The command line of Upblit: a client of the collector's API.
struct Upblit: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "upblit",
    abstract: "Ask and tell an Upblit collector: monitors, agents, incidents.",
    discussion: """
      Begin by signing in, or with an API key that somebody gave you:

        upblit login https://upblit.example.org
        upblit monitor create shop https://shop.example.org/
        upblit status --watch

      Without a collector:

        upblit check https://shop.example.org/
        upblit quorum simulate --target-years 100

      Environment: UPBLIT_SERVER, UPBLIT_TOKEN, UPBLIT_CONTEXT and UPBLIT_CA_FILE
      go before the stored context, flags before both; UPBLIT_CONFIG_DIR says where
      contexts and keys are stored; NO_COLOR switches colours off; HTTPS_PROXY and
      NO_PROXY are heeded.

      UPBLIT_TOKEN goes to the collector of UPBLIT_SERVER alone, or to that of --server
      where UPBLIT_SERVER is not set; never to one that only a context names. A stored
      login goes to the collector that gave it, whatever its context is changed to.

      Exit codes: 0 done; 1 the collector or the network failed, or refused the
      values; 3 something is down (status --exit-code, check); 4 not logged in, or
      not allowed; 5 no such thing; 6 someone else changed it; 64 wrong usage; 65 a
      file of another form; 130 interrupted.
      """,
    version: "upblit \(APIClient.version)",
    groupedSubcommands: [
      CommandGroup(
        name: "Access",
        subcommands: [
          Login.self, Logout.self, Whoami.self, AccountCommand.self, SessionCommand.self,
          ContextCommand.self,
        ]),
      CommandGroup(
        name: "People and keys",
        subcommands: [
          OrganizationCommand.self, UserCommand.self, InvitationCommand.self, KeyCommand.self,
          AuditCommand.self,
        ]),
      CommandGroup(
        name: "Monitoring",
        subcommands: [
          Status.self, MonitorCommand.self, IncidentCommand.self, EventsCommand.self,
          NoticeCommand.self, MaintenanceCommand.self, AgentCommand.self, RegionCommand.self,
        ]),
      CommandGroup(
        name: "Alerting",
        subcommands: [
          ChannelCommand.self, RouteCommand.self, DeliveryCommand.self, PageCommand.self,
        ]),
      CommandGroup(
        name: "Local", subcommands: [CheckCommand.self, QuorumCommand.self]),
      CommandGroup(
        name: "Other",
        subcommands: [APICommand.self, Doctor.self, Completion.self, Version.self]),
    ])
}
