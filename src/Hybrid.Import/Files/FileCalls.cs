using System.Runtime.InteropServices;

namespace Hybrid.Import.Files;

/// <summary>
/// The calls that change files which must outlive the process: whoever writes such a file does it through <see cref="Current"/>, so that
/// tests can record these calls, let any of them fail, and forget what was not brought onto the disk.
/// </summary>
internal class FileCalls
{
    private static readonly FileCalls System = new();
    private static readonly AsyncLocal<FileCalls?> Instead = new();

    protected FileCalls()
    {
    }

    /// <summary>The system's calls, or what a test has put in their place.</summary>
    public static FileCalls Current => Instead.Value ?? System;

    /// <summary>Puts others in the place of the system's calls, for this thread and what it starts; null gives them back.</summary>
    public static void Replace(FileCalls? calls) => Instead.Value = calls;

    /// <summary>Opens a file to write it.</summary>
    public virtual FileStream Open(string path, FileMode mode, FileAccess access, FileShare share) => new(path, mode, access, share);

    /// <summary>Brings what was written to a file onto the disk. Its name may still be lost: <see cref="SyncFolder"/>.</summary>
    public virtual void Sync(FileStream file) => file.Flush(flushToDisk: true);

    /// <summary>Renames a file, replacing one that bears the name.</summary>
    public virtual void Rename(string from, string to) => File.Move(from, to, overwrite: true);

    /// <summary>Renames a folder to a name that nothing bears.</summary>
    public virtual void RenameFolder(string from, string to) => Directory.Move(from, to);

    /// <summary>Makes a folder, and those above it, where they are not there.</summary>
    public virtual void MakeFolder(string path) => Directory.CreateDirectory(path);

    /// <summary>Removes a file; one that is not there is no error.</summary>
    public virtual void Delete(string path) => File.Delete(path);

    /// <summary>Removes a folder with all that it holds.</summary>
    public virtual void DeleteFolder(string path) => Directory.Delete(path, recursive: true);

    /// <summary>Brings the names of a folder onto the disk: files made, renamed and removed in it.</summary>
    /// <exception cref="IOException">The disk fails.</exception>
    public virtual void SyncFolder(string path)
    {
        // Windows writes names through, and opens no folder.
        if (OperatingSystem.IsWindows())
            return;
        int file = Native.Open(path, Native.ReadOnly);
        // A folder that may be written and not read cannot be opened; nothing more can be done for it.
        if (file < 0)
            return;
        try
        {
            if (Native.Sync(file) != 0 && Marshal.GetLastPInvokeError() is Native.FailedDisk or Native.NoRoom or Native.OverQuota)
                throw new IOException(Marshal.GetLastPInvokeErrorMessage());
        }
        finally
        {
            Native.Close(file);
        }
    }

    /// <summary>What .NET has no call for.</summary>
    private static class Native
    {
        public const int ReadOnly = 0, FailedDisk = 5, NoRoom = 28, OverQuota = 122;

        [DllImport("libc", EntryPoint = "open", SetLastError = true)]
        public static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

        [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
        public static extern int Sync(int file);

        [DllImport("libc", EntryPoint = "close")]
        public static extern int Close(int file);
    }
}
