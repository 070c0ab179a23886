namespace McpDevBench.EndToEndTests.Machine;

/// <summary>A real registry on the loopback interface, empty at first.</summary>
internal sealed class ImageRegistry : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;
    private readonly BackgroundProgram _program;

    private ImageRegistry(TemporaryFolder folder, BackgroundProgram program, string address) =>
        (_folder, _program, Address) = (folder, program, address);

    /// <summary>Host and port, as image names begin with it.</summary>
    public string Address { get; }

    public static async Task<ImageRegistry> Start()
    {
        var folder = new TemporaryFolder();
        var address = $"127.0.0.1:{Ports.Free()}";
        await File.WriteAllTextAsync(folder["config.yml"], $"""
            version: 0.1
            log:
              level: error
            storage:
              filesystem:
                rootdirectory: {folder["data"]}
            http:
              addr: {address}
            """, TestContext.Current.CancellationToken);
        var program = await BackgroundProgram.Start(
            Path.Combine(Repository.Root, ".cache", "registry", "usr", "bin", "docker-registry"), new Uri($"http://{address}/v2/"), "serve",
            folder["config.yml"]);
        return new ImageRegistry(folder, program, address);
    }

    /// <summary>Puts a local image into the registry and forgets the local name, so that a spawn has to pull it.</summary>
    /// <returns>Its name in the registry.</returns>
    public async Task<string> Push(string image)
    {
        var name = $"{Address}/{image}";
        await DockerHost.Docker("tag", image, name);
        await DockerHost.Docker("push", "--quiet", name);
        await DockerHost.Docker("rmi", "--no-prune", name);
        return name;
    }

    public async ValueTask DisposeAsync()
    {
        await _program.DisposeAsync();
        _folder.Dispose();
    }
}
