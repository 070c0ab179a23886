namespace McpDevBench.LoadTests.Charts;

/// <summary>A rectangle on the picture; y grows downwards.</summary>
internal readonly record struct Box(double X, double Y, double Width, double Height)
{
    public double Right => X + Width;

    public double Bottom => Y + Height;

    public Box Inset(double left, double top, double right, double bottom) =>
        new(X + left, Y + top, Math.Max(1, Width - left - right), Math.Max(1, Height - top - bottom));

    public Box Inset(double all) => Inset(all, all, all, all);

    /// <summary>A cell of a grid in this rectangle.</summary>
    public Box Cell(int column, int row, int columns, int rows, double gap)
    {
        var (width, height) = ((Width - (gap * (columns - 1))) / columns, (Height - (gap * (rows - 1))) / rows);
        return new(X + (column * (width + gap)), Y + (row * (height + gap)), width, height);
    }
}
