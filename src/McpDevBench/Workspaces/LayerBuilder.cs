using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using McpDevBench.Engine;

namespace McpDevBench.Workspaces;

/// <summary>What the layer of a workspace adds to an image, and what was found out about the image on the way.</summary>
/// <param name="Entries">Each below an existing directory or after its parent.</param>
/// <param name="CaBundle">The image's certificate authorities and the operator's; null without the operator's.</param>
internal sealed record Layer(IReadOnlyList<ImageEntry> Entries, string UserName, string? Shell, string? CaBundle);

/// <summary>Computes the layer for one image, from the files of the image.</summary>
internal sealed class LayerBuilder(WorkspaceOptions options, TimeProvider time)
{
    /// <summary>The operator's certificate authorities alone, for programs that add them to their own.</summary>
    public const string CaFile = "/etc/ssl/certs/mcp-devbench-ca.pem";

    /// <summary>
    /// Java's, of Debian and Alpine: in an image that has none elsewhere, for a Java that the user installs.
    /// </summary>
    private const string JavaStore = "/etc/ssl/certs/java/cacerts";

    private const int MaxUserDatabase = 1 << 20, MaxConfiguration = 256 << 10, MaxBundle = 8 << 20;
    private const string DefaultBundle = "/etc/ssl/certs/ca-certificates.crt";

    /// <summary>Where distributions have their certificate authorities: Debian and Alpine; Fedora; openSUSE; others.</summary>
    private static readonly string[] _bundles =
        [DefaultBundle, "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"];

    /// <summary>Java's, where the distribution has it: Debian and Alpine; Fedora.</summary>
    private static readonly string[] _javaStores = [JavaStore, "/etc/pki/ca-trust/extracted/java/cacerts"];

    /// <summary>Java's, below its own folder: of today, and before Java 9.</summary>
    private static readonly string[] _storesOfJavaHome = ["lib/security/cacerts", "jre/lib/security/cacerts"];

    private static readonly string[] _shells = ["/bin/bash", "/usr/bin/bash", "/usr/local/bin/bash", "/bin/sh", "/usr/bin/sh"];

    /// <summary>Read by git before the image's, the user's and the project's own configuration, which therefore win.</summary>
    private const string GitDefaults = "[user]\n\tname = Workspace User\n\temail = dev@workspace.invalid\n[safe]\n\tdirectory = *\n";

    public async Task<Layer> BuildAsync(ImageDraft draft, EngineImage image, CancellationToken cancellationToken)
    {
        var shell = await FirstAsync(draft, _shells, cancellationToken);
        var users = UserDatabase.Merge(
            await draft.ReadAsync("/etc/passwd", MaxUserDatabase, cancellationToken),
            await draft.ReadAsync("/etc/group", MaxUserDatabase, cancellationToken), shell ?? "/bin/sh");
        var git = await draft.ReadAsync("/etc/gitconfig", MaxConfiguration, cancellationToken) ?? [];
        var contents = new List<(string Path, byte[] Content)>
        {
            ("/etc/gitconfig", [.. Encoding.UTF8.GetBytes(GitDefaults), .. git]),
        };
        var bundle = options.CertificateAuthorities is { } authorities
            ? await AddAuthoritiesAsync(draft, authorities, contents, cancellationToken) : null;
        if (bundle is not null)
            contents.AddRange(await ExtendJavaAsync(draft, image, contents, cancellationToken));
        var entries = new List<ImageEntry>();
        foreach (var folder in await MissingFoldersAsync(draft, [.. contents.Select(file => file.Path), ContainerSpec.HomePath],
            cancellationToken))
            entries.Add(new ImageEntry(folder));
        // Clean places to mount at: a link or file of the image's there is replaced.
        foreach (var mounted in ImageCheck.Mounted)
        {
            if (entries.All(entry => entry.Path != mounted)
                && await draft.KindAsync(mounted, cancellationToken) is not (EngineFileKind.Folder or EngineFileKind.Missing))
                entries.Insert(0, new ImageEntry(mounted));
        }
        entries.AddRange(
        [
            new(ContainerSpec.AgentFolder), new(ContainerSpec.WorkspacePath), new(ContainerSpec.HomePath),
            new(ContainerSpec.UserFolder), new(ContainerSpec.OwnFolder),
            new($"{ContainerSpec.UserFolder}/head", users.PasswdHead), new($"{ContainerSpec.UserFolder}/tail", users.PasswdTail),
            new($"{ContainerSpec.UserFolder}/group", users.Group),
            new("/etc/passwd", Target: ContainerSpec.PasswdPath), new("/etc/group", Target: ContainerSpec.GroupPath),
        ]);
        entries.AddRange(contents.Select(file => new ImageEntry(file.Path, file.Content)));
        return new Layer(entries, users.UserName, shell, bundle);
    }

    /// <returns>The bundle that has both the image's authorities and the operator's.</returns>
    private static async Task<string> AddAuthoritiesAsync(
        ImageDraft draft, byte[] authorities, List<(string Path, byte[] Content)> contents,
        CancellationToken cancellationToken)
    {
        var bundle = DefaultBundle;
        byte[] present = [];
        foreach (var path in _bundles)
        {
            if (await draft.ReadAsync(path, MaxBundle, cancellationToken) is not { Length: > 0 } content)
                continue;
            (bundle, present) = (path, content);
            break;
        }
        contents.Add((bundle, [.. present, (byte)'\n', .. authorities]));
        contents.Add((CaFile, authorities));
        return bundle;
    }

    /// <returns>Every trust store of Java's that the image has, with the operator's authorities; or else a new one.</returns>
    /// <param name="contents">With the bundle of all authorities.</param>
    private async Task<List<(string Path, byte[] Content)>> ExtendJavaAsync(
        ImageDraft draft, EngineImage image, List<(string Path, byte[] Content)> contents, CancellationToken cancellationToken)
    {
        var authorities = Certificates(options.CertificateAuthorities!);
        var stores = new List<(string Path, byte[] Content)>();
        foreach (var path in _javaStores.Concat(StoresOfJavaHome(image)))
        {
            // A link leads to one that is here by its own path, or to what is not Java's.
            if (await draft.KindAsync(path, cancellationToken) == EngineFileKind.File
                && await draft.ReadAsync(path, MaxBundle, cancellationToken) is { } store
                && JavaTrustStore.Add(store, authorities, time.GetUtcNow()) is { } extended)
                stores.Add((path, extended));
        }
        if (stores.Count == 0)
        {
            var all = contents.Select(file => file.Content).FirstOrDefault(IsBundle);
            stores.Add((JavaStore, JavaTrustStore.Create(all is null ? authorities : Certificates(all), time.GetUtcNow())));
        }
        return stores;

        // The image's may hold other things than certificates.
        static bool IsBundle(byte[] content) => content.AsSpan().IndexOf("-----BEGIN CERTIFICATE-----"u8) >= 0 && TryCertificates(content);
    }

    private static IEnumerable<string> StoresOfJavaHome(EngineImage image)
    {
        const string Variable = "JAVA_HOME=";
        var home = image.Env.FirstOrDefault(variable => variable.StartsWith(Variable + "/", StringComparison.Ordinal))?[Variable.Length..];
        if (home is null || home.Split('/').Contains(".."))
            return [];
        return _storesOfJavaHome.Select(path => $"{home.TrimEnd('/')}/{path}");
    }

    private static bool TryCertificates(byte[] pem)
    {
        try
        {
            Certificates(pem);
            return true;
        }
        catch (CryptographicException)
        {
            // Left to the next one, which is the operator's own.
            return false;
        }
    }

    private static X509Certificate2Collection Certificates(byte[] pem)
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPem(Encoding.Latin1.GetString(pem));
        return certificates;
    }

    private static async Task<string?> FirstAsync(ImageDraft draft, string[] paths, CancellationToken cancellationToken)
    {
        foreach (var path in paths)
        {
            if (await draft.KindAsync(path, cancellationToken) is EngineFileKind.File or EngineFileKind.Link)
                return path;
        }
        return null;
    }

    /// <summary>The folders above the paths that are not there, or that are something else; a link that leads to a folder is one.</summary>
    private static async Task<List<string>> MissingFoldersAsync(
        ImageDraft draft, IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        var missing = new List<string>();
        foreach (var folder in paths.SelectMany(Ancestors).Distinct().Order(StringComparer.Ordinal))
        {
            if (missing.Any(parent => folder.StartsWith(parent + "/", StringComparison.Ordinal))
                || await draft.KindAsync(folder + "/.", cancellationToken) != EngineFileKind.Folder)
                missing.Add(folder);
        }
        return missing;
    }

    private static IEnumerable<string> Ancestors(string path)
    {
        for (var at = path.IndexOf('/', 1); at > 0; at = path.IndexOf('/', at + 1))
            yield return path[..at];
    }
}
