using McpDevBench.Benchmarks.Results;

namespace McpDevBench.Tests.Benchmarks;

public sealed class ComparisonTests
{
    [Theory]
    [InlineData(0, 0, true)]
    [InlineData(0, 8, true)]
    [InlineData(0, 24, false)]
    [InlineData(1000, 1108, true)]
    [InlineData(1000, 1109, false)]
    [InlineData(1000, 10, true)]
    public void An_allocation_may_hardly_grow(long before, long now, bool fine) =>
        Assert.Equal(fine, IsFine(new Result(1, 1, before), new Result(1, 1, now)));

    [Theory]
    [InlineData(2.0, 3.0, true)]
    [InlineData(2.0, 3.01, false)]
    [InlineData(0.1, 0.19, true)]
    [InlineData(0.1, 0.21, false)]
    [InlineData(2.0, 0.5, true)]
    public void A_ratio_may_grow_by_half(double before, double now, bool fine) =>
        Assert.Equal(fine, IsFine(new Result(1, before, 0), new Result(1, now, 0)));

    [Fact]
    public void Times_are_never_compared() => Assert.True(IsFine(new Result(1, 1, 0), new Result(1_000_000, 1, 0)));

    [Fact]
    public void Each_runtime_counts_and_is_named()
    {
        var before = Table("a", new Result(1, 1, 0), new Result(1, 1, 0));
        var sentences = Comparison.Worse(before, Table("a", new Result(1, 2, 24), new Result(1, 1, 24))).ToArray();
        Assert.Equal(3, sentences.Length);
        Assert.Equal("SomeBenchmarks, a: on the JIT it allocates 24 bytes instead of 0.", sentences[0]);
        Assert.Equal("SomeBenchmarks, a: on Native AOT it allocates 24 bytes instead of 0.", sentences[2]);
    }

    [Fact]
    public void What_was_never_recorded_is_not_fine() =>
        Assert.Contains(
            "never recorded",
            Assert.Single(Comparison.Worse(Table("a", new Result(1, 1, 0), null), Table("b", new Result(1, 1, 0), null))));

    [Fact]
    public void What_was_not_measured_is_left_out() =>
        Assert.Empty(Comparison.Worse(Table("a", new Result(1, 1, 0), new Result(1, 1, 0)), Table("a", new Result(1, 1, 0), null)));

    private static bool IsFine(Result before, Result now) => !Comparison.Worse(Table("a", before, null), Table("a", now, null)).Any();

    private static ResultTable Table(string method, Result? jit, Result? aot) =>
        new("SomeBenchmarks", [new ResultRow(method, IsBaseline: false, jit, aot)], "");
}
