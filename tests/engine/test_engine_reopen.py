"""A network that runs is read again when somebody says that its file changed."""

from helpers.fake_work import TOY, Stage, frame, plan


def test_a_network_that_runs_is_opened_again_only_where_it_is_to_be_anew() -> None:
    with Stage() as stage:
        stage.engine.follow(plan())
        stage.engine.see(frame(1))
        stage.shows(1)
        stage.engine.retry()
        stage.engine.see(frame(2))
        stage.shows(2)
        first = stage.works[0].network
        assert stage.works[0].opened == [TOY]
        stage.engine.retry(reload=True)
        stage.engine.see(frame(3))
        stage.shows(3)
        assert stage.works[0].opened == [TOY, TOY]
        assert stage.works[0].network is not first
        stage.engine.see(frame(4))
        stage.shows(4)
        assert len(stage.works[0].opened) == 2


def test_a_file_that_cannot_be_read_anew_leaves_the_network_that_runs() -> None:
    with Stage() as stage:
        stage.engine.follow(plan())
        stage.engine.see(frame(1))
        stage.shows(1)
        first, stage.works[0].refused = stage.works[0].network, {TOY.net}
        stage.engine.retry(reload=True)
        assert (
            "refused" in stage.post.until("info", lambda said: hasattr(said, "sentence")).sentence
        )
        stage.engine.see(frame(2))
        stage.shows(2)
        assert stage.works[0].network is first
