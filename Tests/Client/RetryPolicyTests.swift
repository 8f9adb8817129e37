import Testing

@testable import UpblitClient

struct RetryPolicyTests {
  private func problem(_ status: Int, _ retryAfter: Int? = nil) -> Problem {
    Problem(status: status, type: "x", title: "x", retryAfterSeconds: retryAfter)
  }

  @Test(
    arguments: [
      // attempt, method, status, Retry-After, chance, pause
      (1, "GET", 503, nil, 0.0, 250), (1, "GET", 503, nil, 1.0, 500),
      (2, "GET", 429, nil, 1.0, 1000), (3, "DELETE", 503, nil, 0.0, 1000),
      (4, "GET", 503, nil, 0.5, nil), (1, "GET", 500, nil, 0.5, nil),
      (1, "GET", 404, 1, 0.5, nil), (1, "POST", 503, nil, 0.5, nil),
      (1, "PATCH", 503, nil, 0.5, nil), (1, "POST", 503, 2, 0.0, 2000),
      (1, "POST", 429, 2, 1.0, 2500), (1, "GET", 429, 0, 0.0, 0), (1, "GET", 429, -1, 0.0, nil),
      (1, "GET", 503, 20, 1.0, 20_000), (1, "GET", 503, 21, 0.0, nil),
      (1, "GET", 503, Int.max, 0.0, nil), (1, "GET", 429, nil, 7.0, 500),
    ] as [(Int, String, Int, Int?, Double, Int?)])
  func `a request is repeated when, and only when, it may be`(
    attempt: Int, method: String, status: Int, retryAfter: Int?, chance: Double, pause: Int?
  ) {
    let found = RetryPolicy().pauseMs(
      after: attempt, method: method, problem: problem(status, retryAfter), chance: chance)
    #expect(found == pause)
  }

  @Test func `pauses grow to a bound, however many there are`() {
    let policy = RetryPolicy(attempts: 1000, firstPauseMs: 100, longestPauseMs: 5000)
    let pauses = (1..<1000).compactMap {
      policy.pauseMs(after: $0, method: "GET", problem: problem(503), chance: 1)
    }
    #expect(pauses.count == 999)
    #expect(pauses.prefix(6) == [100, 200, 400, 800, 1600, 3200])
    #expect(pauses.allSatisfy { $0 <= 5000 })
  }
}
