/// The rules that ours is measured against; where they are documented is said in the README.
enum Baselines {
  static let all: [any Baseline] = [
    AskingBaseline(name: "single", rotates: false, confirm: .none),
    AskingBaseline(
      name: "single-3-tries", rotates: false, confirm: .same(tries: 3, afterMs: 20_000)),
    route53,
    azureFiveMinutes,
    azureOneMinute,
    AskingBaseline(name: "pingdom", confirm: .others(count: 1, failing: 2)),
    AskingBaseline(name: "uptimerobot", confirm: .others(count: 2, failing: 3)),
    AskingBaseline(name: "updown", confirm: .inTurn(failing: 3), upsToRecover: 3),
    hetrix,
    AskingBaseline(
      name: "better-stack", periodMs: 30_000, confirm: .others(count: 9, failing: 3),
      recoveryMs: 60_000),
    majority,
  ]

  /// Healthy if more than 18 % of the checkers say so; each needs three probes in a row, 30 s apart.
  private static let route53 = VotingBaseline(
    name: "route53", periodMs: 30_000, timeoutMs: 4_000, inARow: 3,
    isDown: { failing, count in (count - failing) * 100 <= 18 * count })

  /// n - 2 locations, each after three attempts, every five minutes.
  private static let azureFiveMinutes = VotingBaseline(
    name: "azure-5m", periodMs: 300_000, tries: 3,
    isDown: { failing, count in failing >= max(2, count - 2) })

  /// The same threshold every minute without further attempts.
  private static let azureOneMinute = VotingBaseline(
    name: "azure-60s", isDown: { failing, count in failing >= max(2, count - 2) })

  /// Half and one of the locations, all at the same moment.
  private static let hetrix = VotingBaseline(
    name: "hetrix", isSimultaneous: true,
    isDown: { failing, count in failing >= min(count, count / 2 + 1) })

  /// More than half of the last known votes, each after three tries.
  private static let majority = VotingBaseline(
    name: "majority-retries", tries: 3, retryMs: 10_000,
    isDown: { failing, count in failing > count / 2 })
}
