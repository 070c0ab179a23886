using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>A model that does not know which images there are asks.</summary>
public sealed class ImageListTests
{
    [Fact]
    public async Task The_images_that_policy_allows_are_listed_with_size_digest_and_the_default()
    {
        await using var server = await ServerProcess.Started(("MCP_ALLOWED_IMAGES", "devbench-test/busybox"));
        await using var assistant = await server.Connect();
        var answer = await assistant.Call("list_images");
        var image = Assert.Single(
            answer.GetProperty("images").EnumerateArray(), image => image.GetProperty("name").GetString() == Images.Busybox);
        Assert.All(
            answer.GetProperty("images").EnumerateArray(),
            one => Assert.StartsWith("devbench-test/busybox:", one.GetProperty("name").GetString(), StringComparison.Ordinal));
        Assert.True(image.GetProperty("default").GetBoolean());
        Assert.True(answer.GetProperty("default_is_local").GetBoolean());
        Assert.Equal(
            await DockerHost.Docker("image", "inspect", "--format", "{{.Size}}", Images.Busybox),
            $"{image.GetProperty("size_bytes").GetInt64()}");

        var spawned = await assistant.Call("spawn", ("image", image.GetProperty("name").GetString()!));
        Assert.Equal(spawned.GetProperty("digest").GetString(), image.GetProperty("digest").GetString());
    }

    [Fact]
    public async Task The_digest_that_is_listed_can_be_used_with_the_image_s_own_name_alone()
    {
        await using var server = await ServerProcess.Started(("MCP_ALLOWED_IMAGES", "devbench-test/busybox"));
        await using var assistant = await server.Connect();
        var image = (await assistant.Call("list_images", ("filter", Images.Busybox))).GetProperty("images")[0];
        var (name, digest) = (image.GetProperty("name").GetString()!, image.GetProperty("digest").GetString()!);
        foreach (var pinned in new[] { $"{name}@{digest}", $"{name.Split(':')[0]}@{digest}" })
        {
            var workspace = await assistant.Spawn(pinned);
            Assert.Equal(digest, workspace.Spawned.Digest);
            await DockerHost.Docker("stop", "--time", "0", await workspace.DockerId());
            Assert.Equal("again", await workspace.Sh("echo again"));
            await workspace.Kill();
        }

        var bare = await Assistants.Refused.With("invalid_argument", () => assistant.Spawn(digest));
        Assert.Contains("list_images", bare.Hint, StringComparison.Ordinal);
        // The id of an image that policy does not allow stays out of reach under the name of one that it does.
        var other = await DockerHost.Docker("image", "inspect", "-f", "{{.Id}}", Images.Python);
        var refusal = await Assistants.Refused.WithOneOf(
            ["image_not_found", "registry_unavailable"], () => assistant.Spawn($"{Images.Busybox}@{other}"));
        Assert.Contains("list_images", refusal.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_long_list_comes_in_pages_and_by_filter()
    {
        var names = Enumerable.Range(0, 120).Select(number => $"devbench-test/page-{Guid.NewGuid():N}:{number}").ToList();
        foreach (var name in names)
            await DockerHost.Docker("tag", Images.Busybox, name);
        try
        {
            await using var server = await ServerProcess.Started();
            await using var assistant = await server.Connect();
            var listed = new List<string>();
            string? cursor = null;
            do
            {
                var page = await assistant.Call(
                    "list_images",
                    cursor is null ? [("filter", "devbench-test/page-")] : [("filter", "devbench-test/page-"), ("cursor", cursor)]);
                listed.AddRange(page.GetProperty("images").EnumerateArray().Select(image => image.GetProperty("name").GetString()!));
                cursor = page.TryGetProperty("next_cursor", out var next) ? next.GetString() : null;
            }
            while (cursor is not null);
            Assert.Empty(names.Except(listed));
            Assert.Equal(listed.Count, listed.Distinct().Count());
            Assert.Equal(
                names[7],
                Assert.Single(
                    (await assistant.Call("list_images", ("filter", names[7].ToUpperInvariant()))).GetProperty("images").EnumerateArray())
                    .GetProperty("name").GetString());
            await Assistants.Refused.With("invalid_argument", () => assistant.Call("list_images", ("cursor", "?")));
        }
        finally
        {
            await DockerHost.Docker(["rmi", .. names]);
        }
    }
}
