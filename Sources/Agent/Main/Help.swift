/// The texts of `--help`.
enum Help {
  static let overview = """
    upblit-agent probes what its collector assigns to it and reports what it finds.

    Usage: upblit-agent COMMAND [--help]

      enroll        make this machine an agent, by a token
      run           probe and report, until stopped
      status        tell how the agent on this machine is doing
      check-config  check the settings and the state folder

    Examples:
      upblit-agent enroll --collector tls://collector.example.org:7443 --token-file token
      upblit-agent run
      upblit-agent status -o json

    """

  static let enroll = """
    Usage: upblit-agent enroll --collector tls://HOST:PORT --token-file FILE|-

    Makes this machine an agent. The token is used up; the key that comes of it stays in the state
    folder. If the answer is lost on the way, the same command may be given again.

    Examples:
      upblit-agent enroll --collector tls://collector.example.org:7443 --token-file /root/token
      pass show upblit | upblit-agent enroll --collector tls://10.0.0.5:7443 --token-file -
      upblit-agent enroll --collector tls://a.example.org:7443,tls://b.example.org:7443 \\
        --token-file token --region eu-west --provider example

    """

  static let run = """
    Usage: upblit-agent run

    Probes and reports. SIGTERM stops it: running probes end, results are delivered. SIGHUP reads the
    settings anew; log_level changes at once, everything else with the next start.

    Examples:
      upblit-agent run
      upblit-agent run --config /etc/upblit/agent.conf --log-level debug

    """

  static let status = """
    Usage: upblit-agent status

    Tells how the agent on this machine is doing. It ends with 0 where the agent runs and its session
    is live, else with 69.

    Examples:
      upblit-agent status
      upblit-agent status -o json

    """

  static let checkConfig = """
    Usage: upblit-agent check-config

    Checks every setting and the state folder, and says all that is wrong.

    Examples:
      upblit-agent check-config --config /etc/upblit/agent.conf
      upblit-agent check-config --example > /etc/upblit/agent.conf

    """
}
