using McpDevBench.Tests.Engine;
using McpDevBench.Workspaces;

namespace McpDevBench.Tests.Workspaces;

/// <summary>Volumes that are made ahead of the spawns that need them.</summary>
public sealed class VolumePoolTests : IAsyncDisposable
{
    private readonly WorkspaceBench _bench = new();
    private readonly VolumePool _pool;

    public VolumePoolTests() => _pool = _bench.Get<VolumePool>();

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task Several_are_made_at_once_each_with_a_home_and_a_user_of_its_own()
    {
        var (name, uid) = await TakeAsync();
        Assert.Equal(16, _bench.Docker.Volumes.Count);
        Assert.Equal(1, _bench.Docker.Calls.Count(call => call == "put"));
        Assert.Empty(_bench.Docker.Containers);
        Assert.Equal(8, _pool.Names.Values.Distinct().Count());
        Assert.Equal(uid, _pool.Names[name]);
        Assert.Equal(uid, Ownership.UidOf(Labels(name)));
        Assert.Equal(uid, Ownership.UidOf(Labels(HomeVolume.NameOf(name))));
    }

    [Fact]
    public async Task Those_who_ask_at_once_get_different_ones()
    {
        var taken = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => TakeAsync()));
        Assert.Equal(20, taken.Select(one => one.Name).Distinct().Count());
        Assert.Equal(20, taken.Select(one => one.Uid).Distinct().Count());
    }

    [Fact]
    public async Task One_that_is_given_back_is_taken_again()
    {
        var (first, uid) = await TakeAsync();
        _pool.GiveBack(first, uid);
        var again = new List<string>();
        for (var i = 0; i < 8; i++)
            again.Add((await TakeAsync()).Name);
        Assert.Contains(first, again);
    }

    [Fact]
    public async Task Emptying_it_removes_those_that_wait_and_leaves_those_that_were_taken()
    {
        var (name, _) = await TakeAsync();
        await _pool.EmptyAsync(TestContext.Current.CancellationToken);
        Assert.Equal([name, HomeVolume.NameOf(name)], _bench.Docker.Volumes.Keys.Order());
        Assert.Equal([name], _pool.Names.Keys);
    }

    [Fact]
    public async Task A_volume_in_use_is_not_removed()
    {
        var workspace = await _bench.SpawnAsync();
        Assert.False(await _pool.RemoveAsync(workspace.VolumeName, TestContext.Current.CancellationToken));
        Assert.Contains(workspace.VolumeName, _bench.Docker.Volumes.Keys);
    }

    [Fact]
    public async Task While_Docker_is_away_taking_one_fails_and_afterwards_it_works()
    {
        _bench.Docker.Cuts = call => call == "volume_create";
        var error = await Assert.ThrowsAsync<RequestException>(TakeAsync);
        Assert.Equal(ErrorCode.DockerUnavailable, error.Code);
        _bench.Docker.Cuts = static _ => false;
        Assert.NotEmpty((await TakeAsync()).Name);
    }

    private Task<(string Name, int Uid)> TakeAsync() => _pool.TakeAsync(DockerInMemory.ImageId, TestContext.Current.CancellationToken);

    private Dictionary<string, string> Labels(string name) =>
        _bench.Docker.Volumes[name]["Labels"]!.AsObject().ToDictionary(label => label.Key, label => label.Value!.GetValue<string>());
}
