namespace McpDevBench.Benchmarks.Results;

/// <summary>What one method came to on one runtime.</summary>
/// <param name="Nanoseconds">The median.</param>
/// <param name="Ratio">To the median of the method that it is measured against; null if that was not measured.</param>
/// <param name="Bytes">Allocated by one operation.</param>
internal sealed record Result(double Nanoseconds, double? Ratio, long Bytes);

/// <summary>A method on both runtimes.</summary>
/// <param name="IsBaseline">The rows below are measured against it.</param>
internal sealed record ResultRow(string Method, bool IsBaseline, Result? Jit, Result? Aot);

/// <summary>The methods of one class.</summary>
/// <param name="Origin">When and on what they were measured.</param>
internal sealed record ResultTable(string Name, IReadOnlyList<ResultRow> Rows, string Origin);
