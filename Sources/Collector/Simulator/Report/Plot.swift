/// A scatter plot with a linear x axis and a logarithmic y axis.
struct Plot {
  struct Point {
    var name: String
    var x: Double
    var y: Double
    var isBound: Bool
    var isOurs: Bool
  }

  var points: [Point] = []
  var subtitle = ""

  private static let width = 880.0
  private static let height = 560.0
  private static let left = 92.0
  private static let right = 40.0
  private static let top = 84.0
  private static let bottom = 96.0
  private static let labelHeight = 15.0
  private static let labelWidth = 8.2

  private struct Box {
    var x: Double
    var y: Double
    var width: Double
    var height: Double

    func meets(_ other: Box) -> Bool {
      x < other.x + other.width && other.x < x + width && y < other.y + other.height
        && other.y < y + height
    }
  }

  private var most: Double { niceCeiling((points.map(\.x).max() ?? 60) * 1.05) }

  /// The powers of ten that the y axis spans.
  private var decades: ClosedRange<Int> {
    let values = points.map(\.y).filter { $0 > 0 }
    guard let low = values.min(), let high = values.max() else { return -3...3 }
    let from = Int((Mathematics.log(low) / Mathematics.log(10)).rounded(.down))
    let to = Int((Mathematics.log(high) / Mathematics.log(10)).rounded(.up))
    return from...max(to, from + 1)
  }

  private func niceCeiling(_ value: Double) -> Double {
    let step = value > 240 ? 60.0 : value > 120 ? 30 : 20
    return (value / step).rounded(.up) * step
  }

  private func x(_ value: Double) -> Double {
    Self.left + value / most * (Self.width - Self.left - Self.right)
  }

  private func y(_ value: Double) -> Double {
    let decades = decades
    let place = Mathematics.log(max(value, 1e-12)) / Mathematics.log(10)
    let share = (place - Double(decades.lowerBound)) / Double(decades.count - 1)
    return Self.height - Self.bottom - share * (Self.height - Self.top - Self.bottom)
  }

  var svg: String {
    var text = """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 880 560" width="880" height="560" \
      font-family="system-ui, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="13">
      <title>False pages against time to detect</title>
      <rect width="880" height="560" fill="#ffffff"/>
      <text x="32" y="36" font-size="19" font-weight="600" fill="#1c2430">\
      False pages against time to detect</text>
      <text x="32" y="58" fill="#5b6675">\(Self.escaped(subtitle))</text>

      """
    text += grid
    text += dots
    text += """
      <text x="32" y="544" font-size="12" fill="#5b6675">Lower left is better. A hollow dot: not \
      one false page; it stands at the upper 95 % bound.</text>
      </svg>

      """
    return text
  }

  private var grid: String {
    var text = ""
    let (low, high) = (Self.height - Self.bottom, Self.top)
    let (left, right) = (Self.left, Self.width - Self.right)
    for decade in decades {
      let at = y(Self.power(decade))
      text +=
        "<line x1=\"\(Self.number(left))\" y1=\"\(Self.number(at))\" x2=\"\(Self.number(right))\" "
        + "y2=\"\(Self.number(at))\" stroke=\"#e4e8ee\"/>\n"
      text +=
        "<text x=\"\(Self.number(left - 10))\" y=\"\(Self.number(at + 4))\" text-anchor=\"end\" "
        + "fill=\"#5b6675\">\(Self.label(decade))</text>\n"
    }
    let step = most > 240 ? 60.0 : most > 120 ? 30 : 20
    for tick in stride(from: 0, through: most, by: step) {
      let at = x(tick)
      text +=
        "<line x1=\"\(Self.number(at))\" y1=\"\(Self.number(low))\" x2=\"\(Self.number(at))\" "
        + "y2=\"\(Self.number(high))\" stroke=\"#f0f2f6\"/>\n"
      text +=
        "<text x=\"\(Self.number(at))\" y=\"\(Self.number(low + 20))\" text-anchor=\"middle\" "
        + "fill=\"#5b6675\">\(Decimal.text(tick, 0))</text>\n"
    }
    text +=
      "<line x1=\"\(Self.number(left))\" y1=\"\(Self.number(low))\" x2=\"\(Self.number(right))\" "
      + "y2=\"\(Self.number(low))\" stroke=\"#9aa5b4\"/>\n"
    text +=
      "<text x=\"\(Self.number((left + right) / 2))\" y=\"\(Self.number(low + 44))\" "
      + "text-anchor=\"middle\" fill=\"#1c2430\">median time to detect an outage, seconds</text>\n"
    text +=
      "<text transform=\"translate(28 \(Self.number((low + high) / 2))) rotate(-90)\" "
      + "text-anchor=\"middle\" fill=\"#1c2430\">false pages per target and year</text>\n"
    return text
  }

  private var dots: String {
    var text = ""
    var taken: [Box] = points.map {
      Box(x: x($0.x) - 7, y: y($0.y) - 7, width: 14, height: 14)
    }
    // Ours find places for their labels first, and are drawn last, so that no dot covers them.
    var own = ""
    for point in points.sorted(by: { $0.isOurs && !$1.isOurs }) {
      let (at, height) = (x(point.x), y(point.y))
      let color = point.isOurs ? "#0b7a4b" : "#4a6fa5"
      let radius = point.isOurs ? 6.5 : 5
      let dot =
        "<circle cx=\"\(Self.number(at))\" cy=\"\(Self.number(height))\" "
        + "r=\"\(Self.number(radius))\" fill=\"\(point.isBound ? "#ffffff" : color)\" "
        + "stroke=\"\(color)\" stroke-width=\"2\"/>\n"
      if point.isOurs { own += dot } else { text += dot }
      let box = place(point, &taken)
      if abs(box.y + Self.labelHeight / 2 - height) > 13 {
        // A label that found no place at its dot is led to it.
        let near = min(max(at, box.x + 4), box.x + box.width - 4)
        let edge = box.y > height ? box.y : box.y + Self.labelHeight
        text +=
          "<line x1=\"\(Self.number(at))\" y1=\"\(Self.number(height))\" "
          + "x2=\"\(Self.number(near))\" y2=\"\(Self.number(edge))\" stroke=\"#9aa5b4\"/>\n"
      }
      text +=
        "<text x=\"\(Self.number(box.x + 2))\" y=\"\(Self.number(box.y + 11.5))\" "
        + "fill=\"\(point.isOurs ? color : "#1c2430")\""
        + "\(point.isOurs ? " font-weight=\"600\"" : "")>\(Self.escaped(point.name))</text>\n"
    }
    return text + own
  }

  /// The first place around a dot where its label covers nothing.
  private func place(_ point: Point, _ taken: inout [Box]) -> Box {
    let (at, height) = (x(point.x), y(point.y))
    let width = Double(point.name.utf8.count) * Self.labelWidth + 4
    let middle = height - Self.labelHeight / 2
    var places: [(Double, Double)] = []
    for distance in [0.0, 12, 24, 36, 48] {
      for sign in distance == 0 ? [1.0] : [-1, 1] {
        places.append((at + 9, middle + sign * distance))
        places.append((at - 9 - width, middle + sign * distance))
      }
      places.append((at - width / 2, middle - 16 - distance))
      places.append((at - width / 2, middle + 16 + distance))
    }
    let boxes = places.map { Box(x: $0.0, y: $0.1, width: width, height: Self.labelHeight) }
    let free = boxes.first { box in
      box.x >= Self.left && box.x + box.width <= Self.width - 8 && box.y >= Self.top - 12
        && box.y + box.height <= Self.height - Self.bottom - 2
        && !taken.contains { $0.meets(box) }
    }
    let chosen = free ?? Box(x: at + 9, y: middle, width: width, height: Self.labelHeight)
    taken.append(chosen)
    return chosen
  }

  private static func power(_ decade: Int) -> Double {
    Mathematics.exp(Double(decade) * Mathematics.log(10))
  }

  private static func label(_ decade: Int) -> String {
    decade < 0 ? Decimal.text(power(decade), -decade) : Decimal.text(power(decade), 0)
  }

  private static func number(_ value: Double) -> String { Decimal.text(value, 1) }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      default: result.append(character)
      }
    }
    return result
  }
}
