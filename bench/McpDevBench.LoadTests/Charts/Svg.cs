using System.Globalization;
using System.Text;

namespace McpDevBench.LoadTests.Charts;

/// <summary>Where a text's position is.</summary>
internal enum Anchor
{
    Start,
    Middle,
    End,
}

/// <summary>
/// Writes a picture as SVG: no script, no style sheet, nothing from outside, so that it shows wherever an image may stand.
/// </summary>
internal sealed class Svg
{
    public const string Font = "Inter, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";

    /// <summary>So far a point may lie beside a line.</summary>
    private const double Unseen = 0.02;

    private readonly StringBuilder _body = new();
    private readonly double _width, _height;
    private int _clips;

    public Svg(double width, double height, Theme theme)
    {
        (_width, _height, Theme) = (width, height, theme);
        Rect(new Box(0, 0, width, height), theme.Background);
    }

    public Theme Theme { get; }

    public void Rect(Box box, string fill, string? stroke = null, double radius = 0, double opacity = 1) => Add(
        $"<rect x=\"{box.X:0.##}\" y=\"{box.Y:0.##}\" width=\"{box.Width:0.##}\" height=\"{box.Height:0.##}\" fill=\"{fill}\"{Attribute("stroke", stroke)}{Attribute("rx", radius, 0)}{Attribute("fill-opacity", opacity, 1)}/>");

    public void Line(double x1, double y1, double x2, double y2, string stroke, double width = 1, string? dashes = null) => Add(
        $"<line x1=\"{x1:0.##}\" y1=\"{y1:0.##}\" x2=\"{x2:0.##}\" y2=\"{y2:0.##}\" stroke=\"{stroke}\" stroke-width=\"{width:0.##}\"{Attribute("stroke-dasharray", dashes)}/>");

    /// <summary>A line through the points.</summary>
    public void Polyline(IEnumerable<(double X, double Y)> points, string stroke, double width) => Add(
        $"<polyline points=\"{Points(points)}\" fill=\"none\" stroke=\"{stroke}\" stroke-width=\"{width:0.##}\" stroke-linejoin=\"round\" stroke-linecap=\"round\"/>");

    public void Polygon(IEnumerable<(double X, double Y)> points, string fill, double opacity) =>
        Add($"<polygon points=\"{Points(points)}\" fill=\"{fill}\" fill-opacity=\"{opacity:0.##}\"/>");

    public void Circle(double x, double y, double radius, string fill) =>
        Add($"<circle cx=\"{x:0.##}\" cy=\"{y:0.##}\" r=\"{radius:0.##}\" fill=\"{fill}\"/>");

    /// <summary>A part of a ring; angles in degrees, clockwise from the top.</summary>
    public void Arc(double x, double y, double radius, double from, double to, string stroke, double width)
    {
        var ((x1, y1), (x2, y2)) = (At(from), At(to));
        Add($"<path d=\"M {x1:0.##} {y1:0.##} A {radius:0.##} {radius:0.##} 0 {(to - from > 180 ? 1 : 0)} 1 {x2:0.##} {y2:0.##}\" fill=\"none\" stroke=\"{stroke}\" stroke-width=\"{width:0.##}\"/>");
        (double X, double Y) At(double degrees) =>
            (x + (radius * Math.Sin(degrees * Math.PI / 180)), y - (radius * Math.Cos(degrees * Math.PI / 180)));
    }

    /// <param name="y">The line that the letters stand on.</param>
    /// <param name="remark">Follows the text, less bright.</param>
    public void Text(
        double x, double y, string text, double size, string fill, Anchor anchor = Anchor.Start, bool bold = false,
        string remark = "") => Add(
        $"<text x=\"{x:0.##}\" y=\"{y:0.##}\" font-size=\"{size:0.##}\" fill=\"{fill}\"{Attribute("text-anchor", anchor switch { Anchor.Middle => "middle", Anchor.End => "end", _ => null })}{Attribute("font-weight", bold ? "600" : null)}>{Escape(text)}{(remark.Length > 0 ? $"<tspan dx=\"5\" fill=\"{Theme.Muted}\">{Escape(remark)}</tspan>" : "")}</text>");

    /// <summary>What is drawn meanwhile is cut off at the rectangle's edges.</summary>
    public void Clip(Box box, Action draw)
    {
        var id = $"clip{_clips++}";
        Add($"<clipPath id=\"{id}\"><rect x=\"{box.X:0.##}\" y=\"{box.Y:0.##}\" width=\"{box.Width:0.##}\" height=\"{box.Height:0.##}\"/></clipPath><g clip-path=\"url(#{id})\">");
        draw();
        Add($"</g>");
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{_width:0.##}\" height=\"{_height:0.##}\" viewBox=\"0 0 {_width:0.##} {_height:0.##}\" font-family=\"{Font}\">\n{_body}</svg>\n");

    private void Add(FormattableString element) => _body.Append(element.ToString(CultureInfo.InvariantCulture)).Append('\n');

    private static string Points(IEnumerable<(double X, double Y)> points) =>
        string.Join(' ', Bends([.. points]).Select(point => string.Create(CultureInfo.InvariantCulture, $"{point.X:0.#},{point.Y:0.#}")));

    /// <summary>The points without those that lie on the way from the one before to the one after: nobody would see them.</summary>
    private static IEnumerable<(double X, double Y)> Bends(IReadOnlyList<(double X, double Y)> points)
    {
        var kept = 0;
        for (var index = 0; index < points.Count; index++)
        {
            if (index > 0 && index < points.Count - 1)
            {
                var (before, after) = (points[kept], points[index + 1]);
                var (dx, dy) = (after.X - before.X, after.Y - before.Y);
                var aside = Math.Abs((dx * (points[index].Y - before.Y)) - (dy * (points[index].X - before.X)));
                if (aside <= Unseen * Math.Sqrt((dx * dx) + (dy * dy)) && dx != 0)
                    continue;
            }
            kept = index;
            yield return points[index];
        }
    }

    private static string Attribute(string name, string? value) => value is null ? "" : $" {name}=\"{value}\"";

    private static string Attribute(string name, double value, double usual) =>
        value == usual ? "" : string.Create(CultureInfo.InvariantCulture, $" {name}=\"{value:0.##}\"");

    private static string Escape(string text) =>
        text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(
            ">", "&gt;", StringComparison.Ordinal);
}
