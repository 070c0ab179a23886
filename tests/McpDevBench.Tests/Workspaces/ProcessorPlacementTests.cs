using McpDevBench.Workspaces;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpDevBench.Tests.Workspaces;

/// <summary>Which processors a workspace gets.</summary>
public sealed class ProcessorPlacementTests : IDisposable
{
    private readonly WorkspacesByHand _workspaces = new();
    private readonly ProcessorPlacement _placement;

    public ProcessorPlacementTests() => _placement = With("auto");

    public void Dispose() => _workspaces.Dispose();

    [Theory]
    [InlineData(0.1, 1)]
    [InlineData(1, 1)]
    [InlineData(1.5, 2)]
    [InlineData(3, 3)]
    public void As_many_as_its_limit_rounded_up(double cpus, int count) => Assert.Equal(count, Choose(_workspaces.Add(cpus), 4).Length);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1.5, 2)]
    [InlineData(4, 2)]
    public void All_where_the_host_has_no_more(double cpus, int available)
    {
        Assert.Null(_placement.Choose(_workspaces.Add(cpus), available));
        Assert.Equal(0, _placement.Pinned);
    }

    [Fact]
    public void Those_of_which_least_is_promised()
    {
        var first = Choose(_workspaces.Add(1), 4).Single();
        var half = Choose(_workspaces.Add(0.5), 4).Single();
        var two = Choose(_workspaces.Add(2), 4);
        Assert.Equal(Enumerable.Range(0, 4), ((int[])[first, half, .. two]).Order());
        Assert.Equal(half, Choose(_workspaces.Add(0.5), 4).Single());
        Assert.Equal(4, _placement.Pinned);
    }

    [Fact]
    public void A_workspace_that_stops_or_goes_gives_its_processors_back()
    {
        var (stopped, removed) = (_workspaces.Add(1), _workspaces.Add(1));
        var places = ((int[])[Choose(stopped, 2).Single(), Choose(removed, 2).Single()]).Order().ToList();
        Assert.Equal([0, 1], places);
        _workspaces.Directory.MarkStopped(stopped);
        _workspaces.Directory.Remove(removed);
        Assert.Equal(0, _placement.Pinned);
        Assert.Equal(places, ((int[])[Choose(_workspaces.Add(1), 2).Single(), Choose(_workspaces.Add(1), 2).Single()]).Order());
        Assert.False(_placement.Knows(removed.Id));
    }

    [Fact]
    public void What_containers_of_an_earlier_server_have_counts()
    {
        var (wide, all) = (_workspaces.Add(3), _workspaces.Add(2));
        Assert.False(_placement.Knows(wide.Id));
        _placement.Note(wide.Id, "0-1,3");
        _placement.Note(all.Id, "");
        Assert.True(_placement.Knows(wide.Id));
        Assert.Equal(1, _placement.Pinned);
        Assert.Equal([2], Choose(_workspaces.Add(1), 4));
    }

    [Fact]
    public void An_engine_that_refused_is_not_asked_again()
    {
        var workspace = _workspaces.Add(1);
        Choose(workspace, 4);
        Assert.True(_placement.IsReason(workspace.Id, Failure("write /sys/fs/cgroup/cpuset.cpus: permission denied")));
        Assert.False(_placement.IsReason(workspace.Id, Failure("no such file")));
        _placement.Disable(workspace.Id, "Requested CPUs are not available");
        Assert.False(_placement.IsReason(workspace.Id, Failure("cpuset.cpus")));
        Assert.Null(_placement.Choose(_workspaces.Add(1), 4));
        Assert.Equal(0, _placement.Pinned);
    }

    [Fact]
    public void None_where_the_operator_does_not_want_it() => Assert.Null(With("off").Choose(_workspaces.Add(1), 4));

    [Theory]
    [InlineData("", new int[0])]
    [InlineData("3", new[] { 3 })]
    [InlineData("0-2, 5,5", new[] { 0, 1, 2, 5 })]
    [InlineData("2-0,x,-,0-999999", new int[0])]
    public void Dockers_notation_is_read(string text, int[] expected) => Assert.Equal(expected, ProcessorPlacement.Parse(text));

    private int[] Choose(Workspace workspace, int available) => ProcessorPlacement.Parse(_placement.Choose(workspace, available)!);

    private ProcessorPlacement With(string pinning) => new(
        WorkspaceOptions.Read(new Settings(new ConfigurationBuilder().AddInMemoryCollection(
            new Dictionary<string, string?> { ["MCP_WORKSPACE_CPU_PINNING"] = pinning }).Build())),
        _workspaces.Directory, NullLogger<ProcessorPlacement>.Instance);

    private static RequestException Failure(string message) => new(ErrorCode.ServerError, message, "hint");
}
