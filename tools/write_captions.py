"""Write captions and transcripts of the videos that come with the platform, from their scenes.

Run after editing a ``video.toml``: ``python -m tools.write_captions``.
"""

import msgspec

from courses.catalogue import lesson_files


def main() -> None:
    """Write the two files beside every list of scenes."""
    for folder in lesson_files.course_folders():
        for path in sorted(folder.glob("*.toml")):
            try:
                video = msgspec.toml.decode(path.read_bytes(), type=lesson_files.VideoData)
            except msgspec.ValidationError:
                continue  # a course or a check, not a video
            path.with_name(lesson_files.captions_file(path.name)).write_text(lesson_files.captions(video))
            path.with_name(lesson_files.transcript_file(path.name)).write_text(lesson_files.transcript(video))
            print(f"{folder.name}/{path.name}: {video.seconds} seconds")


if __name__ == "__main__":
    main()
