namespace McpDevBench.EndToEndTests.Machine;

/// <summary>A file system that is soon full, in memory or in a file.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();

    private readonly bool _isOfAFile;

    private SmallDisk(bool isOfAFile = false) => _isOfAFile = isOfAFile;

    public string Path => _folder["disk"];

    private string Filler => System.IO.Path.Combine(Path, "filler");

    public static async Task<SmallDisk> Mounted(string size)
    {
        Assert.SkipUnless(Environment.UserName == "root", "only root can mount a small disk");
        var disk = new SmallDisk();
        Directory.CreateDirectory(disk.Path);
        (await Command.Run("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", disk.Path)).Succeeded();
        return disk;
    }

    /// <summary>As a disk of a machine: not in memory.</summary>
    public static async Task<SmallDisk> OfAFile(string size)
    {
        Assert.SkipUnless(Environment.UserName == "root", "only root can mount a small disk");
        var disk = new SmallDisk(isOfAFile: true);
        Directory.CreateDirectory(disk.Path);
        var file = disk._folder["disk.img"];
        (await Command.Run("truncate", "-s", size, file)).Succeeded();
        (await Command.Run("mkfs.ext4", "-q", "-m", "0", file)).Succeeded();
        (await Command.Run("mount", "-o", "loop", file, disk.Path)).Succeeded();
        return disk;
    }

    /// <summary>Takes every byte that is left.</summary>
    public void Fill()
    {
        using var filler = new FileStream(Filler, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var piece = new byte[4096];
        try
        {
            while (true)
                filler.Write(piece);
        }
        catch (IOException)
        {
            // No space left on device: as wanted.
        }
    }

    public void Free() => File.Delete(Filler);

    public async ValueTask DisposeAsync()
    {
        if (!_isOfAFile)
            Free();
        (await Command.Run("umount", Path)).Succeeded();
        _folder.Dispose();
    }
}
