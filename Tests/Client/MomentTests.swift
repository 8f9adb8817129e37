import Testing
import UpblitClient

struct MomentTests {
  @Test(
    arguments: [
      ("1970-01-01T00:00:00Z", 0), ("1969-12-31T23:59:59Z", -1000),
      ("2000-02-29T12:34:56Z", 951_827_696_000), ("2026-11-30T13:29:52.250Z", 1_796_045_392_250),
      ("2100-03-01T00:00:00Z", 4_107_542_400_000), ("1600-02-29T00:00:00Z", -11_670_998_400_000),
      ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
    ] as [(String, Int64)])
  func `a moment is read, and written to the second`(text: String, milliseconds: Int64) {
    #expect(Moment(text)?.milliseconds == milliseconds)
    let whole = milliseconds - (milliseconds % 1000 + 1000) % 1000
    let written = Moment(milliseconds: whole)
    #expect(written.text.prefix(19) == text.prefix(19))
    #expect(Moment(written.text)?.milliseconds == whole)
  }

  @Test(
    arguments: [
      "", "2026-01-31", "2026-01-31T12:00:00", "2026-01-31T12:00:00+01:00", "2026-13-31T12:00:00Z",
      "2026-01-31 12:00:00Z", "2026-01-31T24:00:00Z", "2026-01-3xT12:00:00Z",
      "-026-01-31T12:00:00Z",
    ])
  func `anything else is no moment`(text: String) {
    #expect(Moment(text) == nil)
  }
}
