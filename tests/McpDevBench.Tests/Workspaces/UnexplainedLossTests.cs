using McpDevBench.Workspaces;

namespace McpDevBench.Tests.Workspaces;

public sealed class UnexplainedLossTests
{
    private readonly UnexplainedLoss _loss = new();

    [Fact]
    public void What_workspaces_are_seen_to_use_is_explained()
    {
        Assert.Equal(0, _loss.Update(1000, 0));
        Assert.Equal(0, _loss.Update(900, 100));
        Assert.Equal(50, _loss.Update(850, 100));
        Assert.Equal(60, _loss.Update(840, 100));
        // It was a file after all.
        Assert.Equal(10, _loss.Update(840, 150));
    }

    [Fact]
    public void Room_that_comes_back_is_no_credit_for_what_is_written_later()
    {
        _loss.Update(1000, 0);
        Assert.Equal(0, _loss.Update(5000, 0));
        Assert.Equal(300, _loss.Update(4700, 0));
        // A workspace with files that were there before.
        Assert.Equal(0, _loss.Update(4700, 2000));
        Assert.Equal(100, _loss.Update(4600, 2000));
    }

    [Fact]
    public void After_a_reset_it_counts_from_there()
    {
        _loss.Update(1000, 0);
        Assert.Equal(400, _loss.Update(600, 0));
        _loss.Reset();
        Assert.Equal(0, _loss.Update(600, 0));
        Assert.Equal(1, _loss.Update(599, 0));
    }
}
