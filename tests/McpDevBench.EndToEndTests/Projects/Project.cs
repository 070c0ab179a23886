using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using McpDevBench.EndToEndTests.Machine;

namespace McpDevBench.EndToEndTests.Projects;

/// <summary>A source tree as its owner has it: files with their modes, and links.</summary>
internal sealed class Project
{
    private const UnixFileMode Plain = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Program = Plain | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly SortedDictionary<string, ProjectEntry> _entries = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, ProjectEntry> Entries => _entries;

    /// <summary>The files that are written by hand, in a folder beside this file. Those with a <c>#!</c> are executable.</summary>
    public static Project FromFolder(string name)
    {
        var folder = Path.Combine(Repository.Root, "tests", "McpDevBench.EndToEndTests", "Projects", name);
        var project = new Project();
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
            project.Add(Path.GetRelativePath(folder, file), File.ReadAllBytes(file));
        return project;
    }

    public Project Add(string path, string text) => Add(path, Encoding.UTF8.GetBytes(text));

    public Project Add(string path, byte[] content)
    {
        _entries[path] = new ProjectEntry(content, null, content.AsSpan().StartsWith("#!"u8) ? Program : Plain);
        return this;
    }

    public Project AddLink(string path, string target)
    {
        _entries[path] = new ProjectEntry([], target, Program);
        return this;
    }

    /// <summary>As an editor on Windows saves it.</summary>
    public Project WithCarriageReturns(string path) => Add(path, TextOf(path).Replace("\n", "\r\n", StringComparison.Ordinal));

    /// <summary>The expectation of an edit.</summary>
    public Project Replace(string path, string before, string after)
    {
        var text = TextOf(path);
        Assert.Contains(before, text, StringComparison.Ordinal);
        return Add(path, text.Replace(before, after, StringComparison.Ordinal));
    }

    public byte[] ToTarGz()
    {
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionLevel.Fastest))
        using (var tar = new TarWriter(gzip))
        {
            foreach (var (path, entry) in _entries)
                tar.WriteEntry(entry.ToTar(path));
        }
        return buffer.ToArray();
    }

    public static Project FromTarGz(byte[] archive)
    {
        var project = new Project();
        using var gzip = new GZipStream(new MemoryStream(archive), CompressionMode.Decompress);
        using var tar = new TarReader(gzip);
        while (tar.GetNextEntry(copyData: true) is { } entry)
        {
            if (ProjectEntry.Of(entry) is { } read)
                project._entries[entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..] : entry.Name] = read;
        }
        return project;
    }

    /// <summary>Every entry of this project is there as it is here. Others may be there too: a build's, Git's.</summary>
    public void IsWithin(Project other)
    {
        foreach (var (path, entry) in _entries)
        {
            Assert.True(other._entries.TryGetValue(path, out var found), $"{path} is missing");
            Assert.True(entry.LinkTarget == found.LinkTarget, $"{path} links to {found.LinkTarget}, not to {entry.LinkTarget}");
            Assert.True(entry.LinkTarget is not null || entry.Mode == found.Mode, $"{path} has the mode {found.Mode}, not {entry.Mode}");
            Assert.True(
                entry.Content.AsSpan().SequenceEqual(found.Content),
                $"{path} has other bytes:\n{Encoding.Latin1.GetString(found.Content)}");
        }
    }

    private string TextOf(string path) => Encoding.UTF8.GetString(_entries[path].Content);
}

/// <param name="Content">Empty for a link.</param>
/// <param name="Mode">A link's own says nothing.</param>
internal sealed record ProjectEntry(byte[] Content, string? LinkTarget, UnixFileMode Mode)
{
    /// <summary>Null for a directory.</summary>
    public static ProjectEntry? Of(TarEntry entry) => entry.EntryType switch
    {
        TarEntryType.Directory => null,
        TarEntryType.SymbolicLink => new ProjectEntry([], entry.LinkName, entry.Mode),
        TarEntryType.RegularFile => new ProjectEntry(Read(entry.DataStream), null, entry.Mode),
        _ => throw new InvalidDataException($"{entry.Name} is a {entry.EntryType}"),
    };

    public TarEntry ToTar(string path) => LinkTarget is not null
        ? new PaxTarEntry(TarEntryType.SymbolicLink, path) { LinkName = LinkTarget }
        : new PaxTarEntry(TarEntryType.RegularFile, path) { Mode = Mode, DataStream = new MemoryStream(Content) };

    private static byte[] Read(Stream? data)
    {
        using var bytes = new MemoryStream();
        data?.CopyTo(bytes);
        return bytes.ToArray();
    }
}
