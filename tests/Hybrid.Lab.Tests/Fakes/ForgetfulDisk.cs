using Hybrid.Import.Files;

namespace Hybrid.Lab.Tests.Fakes;

/// <summary>
/// A disk that keeps what was brought onto it and may forget anything else: of every write to a file since the file's last fsync, and of
/// every change to a folder's names since the folder's last one, it keeps or drops each on its own. A rename is one change. This is less
/// than any file system promises.
/// </summary>
internal sealed class ForgetfulDisk
{
    private readonly string _root;
    private readonly Node _top = new(true);

    /// <summary>The disk after some calls below a folder, which was empty before them.</summary>
    public ForgetfulDisk(string root, IEnumerable<FileCall> calls)
    {
        _root = root;
        foreach (FileCall call in calls)
            Apply(call);
    }

    /// <summary>
    /// A loss of power behind every one of the calls, five times with other changes kept each: looks at what is left in a folder
    /// of its own, told where it is, behind how many calls it was cut, and both in words. The same names with the same bytes are
    /// looked at once, and once more behind the last call.
    /// </summary>
    public static void EveryLoss(TemporaryFolder folder, string root, IReadOnlyList<FileCall> calls, Action<string, int, string> look)
    {
        Random random = new(1);
        HashSet<string> seen = [];
        Func<bool>[] keeps = [() => false, () => true, () => random.Next(2) == 0, () => random.Next(4) == 0, () => random.Next(4) != 0];
        for (int cut = 0; cut <= calls.Count; cut++)
        {
            ForgetfulDisk disk = new(root, calls.Take(cut));
            for (int way = 0; way < keeps.Length; way++)
            {
                string left = folder.Path($"left-{cut}-{way}");
                disk.Leave(left, keeps[way]);
                if (seen.Add($"{Fingerprint(left)} {cut == calls.Count}"))
                    look(left, cut, $"cut behind call {cut}, {(cut == 0 ? null : calls[cut - 1])}, way {way}");
                Directory.Delete(left, recursive: true);
            }
        }
    }

    /// <summary>The names and bytes of everything in a folder; equal for equal ones.</summary>
    private static string Fingerprint(string folder) =>
        string.Join('\n', Directory.GetFileSystemEntries(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(path => $"{path[folder.Length..]} {(File.Exists(path) ? FileIdentity.Of(path).Sha256 : null)}"));

    /// <summary>Writes what is left after a loss of power into an empty folder.</summary>
    private void Leave(string folder, Func<bool> keeps) => Leave(_top, folder, keeps);

    private static void Leave(Node node, string path, Func<bool> keeps)
    {
        if (!node.IsFolder)
        {
            using MemoryStream content = new();
            content.Write(node.Content);
            foreach (FileCall change in node.Changes.Where(_ => keeps()))
                Change(content, change);
            File.WriteAllBytes(path, content.ToArray());
            return;
        }

        Dictionary<string, Node> names = new(node.Names);
        foreach (NameChange change in node.NameChanges.Where(_ => keeps()))
            Change(names, change);
        Directory.CreateDirectory(path);
        foreach ((string name, Node child) in names)
            Leave(child, Path.Combine(path, name), keeps);
    }

    private static void Change(MemoryStream content, FileCall change)
    {
        switch (change)
        {
            case FileCall.Wrote wrote:
                content.Position = wrote.Offset;
                content.Write(wrote.Bytes);
                break;
            case FileCall.Cut cut:
                content.SetLength(cut.Length);
                break;
        }
    }

    private static void Change(Dictionary<string, Node> names, NameChange change)
    {
        if (change.Removed is not null)
            names.Remove(change.Removed);
        if (change.Added is not null)
            names[change.Added] = change.Node!;
    }

    private void Apply(FileCall call)
    {
        switch (call)
        {
            case FileCall.Made made:
                Rename(made.Path, null, Path.GetFileName(made.Path), new(false));
                break;
            case FileCall.MadeFolder made:
                Rename(made.Path, null, Path.GetFileName(made.Path), new(true));
                break;
            case FileCall.Deleted deleted:
                Rename(deleted.Path, Path.GetFileName(deleted.Path), null, null);
                break;
            case FileCall.Renamed renamed:
                Rename(renamed.To, Path.GetFileName(renamed.From), Path.GetFileName(renamed.To), Find(renamed.From));
                break;
            case FileCall.Wrote wrote:
                Find(wrote.Path).Changes.Add(wrote);
                break;
            case FileCall.Cut cut:
                Find(cut.Path).Changes.Add(cut);
                break;
            case FileCall.Synced synced:
                Find(synced.Path).Sync();
                break;
            case FileCall.SyncedFolder synced when IsInside(synced.Path):
                Find(synced.Path).Sync();
                break;
        }
    }

    private bool IsInside(string path) => path == _root || path.StartsWith(_root + "/", StringComparison.Ordinal);

    private void Rename(string path, string? removed, string? added, Node? node)
    {
        Node parent = Find(Path.GetDirectoryName(path)!);
        NameChange change = new(removed, added, node);
        parent.NameChanges.Add(change);
        Change(parent.Now, change);
    }

    private Node Find(string path) => path == _root ? _top : Find(Path.GetDirectoryName(path)!).Now[Path.GetFileName(path)];

    private sealed record NameChange(string? Removed, string? Added, Node? Node);

    /// <summary>A file or folder, whatever its name: what is on the disk, and what has changed since.</summary>
    private sealed class Node(bool isFolder)
    {
        public bool IsFolder => isFolder;

        public byte[] Content { get; private set; } = [];

        public List<FileCall> Changes { get; } = [];

        public Dictionary<string, Node> Names { get; private set; } = [];

        public List<NameChange> NameChanges { get; } = [];

        /// <summary>The names as programs see them.</summary>
        public Dictionary<string, Node> Now { get; } = [];

        public void Sync()
        {
            Names = new(Now);
            NameChanges.Clear();
            using MemoryStream content = new();
            content.Write(Content);
            foreach (FileCall change in Changes)
                Change(content, change);
            Content = content.ToArray();
            Changes.Clear();
        }
    }
}
