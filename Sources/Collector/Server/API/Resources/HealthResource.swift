import JSON
import Postgres
import Store

/// `/healthz` and `/readyz`: whether the process lives, and whether it can serve.
enum HealthResource {
  static let routes: [Route] = [
    .get(
      "/healthz", .anyone,
      Operation(
        "getHealth", .service, "Whether the process lives",
        answer: .ok(.told(["status": .exactly("ok")]), "It does."))
    ) { _, _ in .ok(["status": "ok"]) },
    .get(
      "/readyz", .anyone,
      Operation(
        "getReadiness", .service, "Whether it can serve",
        "The other parts serve, the store answers, and its schema is not older than what this "
          + "collector needs.", answer: .ok(.told(["status": .exactly("ready")]), "It can."),
        refusals: [.unavailable])
    ) { _, context in try await ready(context) },
  ]

  /// 200 when the other parts serve, the store answers and its schema is not older than what this
  /// collector was built for.
  private static func ready(_ context: APIContext) async throws -> APIAnswer {
    if let trouble = context.configuration.trouble() { throw Problem(.overloaded, trouble) }
    do {
      try await context.store.run { try Migrator.check($0, isRunning: true) }
    } catch is MigrationError {
      throw Problem(
        .unavailable,
        "The store's schema is not the one this collector needs; run upblit-collector migrate.")
    }
    return .ok(["status": "ready"])
  }
}
