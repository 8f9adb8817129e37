import ArgumentParser

/// The command line of Upblit: a client of the collector's API.
struct Upblit: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "upblit",
    abstract: "Ask and tell an Upblit collector: monitors, agents, incidents.",
    discussion: """
      Begin with a key that `upblit-collector create-admin` or an administrator gave
      you:

        upblit login --url https://upblit.example.org --key-file key.txt
        upblit monitor add shop https://shop.example.org/
        upblit status --watch

      Environment: UPBLIT_URL and UPBLIT_API_KEY go before the stored login;
      XDG_CONFIG_HOME says where it is stored; NO_COLOR switches colours off.

      Exit codes: 0 done; 1 the collector or the network failed, or refused the
      values; 3 something is down (status --exit-code, check); 4 not logged in, or not
      allowed; 5 no such thing; 6 someone else changed it; 64 wrong usage; 65 a file
      of another form; 130 interrupted.
      """,
    version: "upblit 0.1.0",
    subcommands: [
      Login.self, Whoami.self, Status.self, Monitor.self, Incident.self, Notice.self,
      Maintenance.self, Agent.self, Organization.self, CheckCommand.self, QuorumCommand.self,
    ])
}
