"""Outputs that would spoil an input are refused by every command."""

from report_pages import make_run

from zoo.cli import main


def test_nothing_is_written_among_the_classes_of_a_folder_of_images(tmp_path, capsys):
    """A run there would be a class of the next one."""
    for split in ("train", "test"):
        for name in ("a", "b"):
            (tmp_path / split / name).mkdir(parents=True)
    data, output = f"folder:{tmp_path}", str(tmp_path / "train" / "run")
    make_run(tmp_path / "run", "ae", data)
    for command in (
        ["train", "ae/digits", "--dataset", data],
        ["tune", "ae/digits", "--dataset", data],
        ["compare", "ae/digits", "--set", f"dataset={data}"],
        ["report", str(tmp_path / "run")],
        ["export", str(tmp_path / "run")],
    ):
        assert main([*command, "--output", output]) == 2
        assert "whose folders are the classes of" in capsys.readouterr().err, command
    assert not (tmp_path / "train" / "run").exists()
