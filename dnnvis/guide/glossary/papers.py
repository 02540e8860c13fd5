"""The papers that the glossary names."""

from dnnvis.guide.glossary.entry import Paper

ZEILER = Paper("Zeiler & Fergus 2014", "https://arxiv.org/abs/1311.2901")
SPRINGENBERG = Paper("Springenberg et al. 2015", "https://arxiv.org/abs/1412.6806")
SIMONYAN = Paper("Simonyan et al. 2013", "https://arxiv.org/abs/1312.6034")
ERHAN = Paper("Erhan et al. 2009", "https://www.researchgate.net/publication/265022827")
OLAH = Paper("Olah et al. 2017", "https://distill.pub/2017/feature-visualization/")
OLAH_CIRCUITS = Paper("Olah et al. 2020", "https://distill.pub/2020/circuits/zoom-in/")
HINTON = Paper("Hinton & Shallice 1991", "https://doi.org/10.1037/0033-295X.98.1.74")
YOSINSKI = Paper("Yosinski et al. 2015", "https://arxiv.org/abs/1506.06579")
MAHENDRAN = Paper("Mahendran & Vedaldi 2015", "https://arxiv.org/abs/1412.0035")
ADEBAYO = Paper("Adebayo et al. 2018", "https://arxiv.org/abs/1810.03292")
JIANG = Paper("Jiang et al. 2021", "https://doi.org/10.1109/TIP.2021.3089943")
SUNDARARAJAN = Paper("Sundararajan et al. 2017", "https://arxiv.org/abs/1703.01365")
HAMBLIN = Paper("Hamblin et al. 2024", "https://arxiv.org/abs/2402.10039")
MACO = Paper("Fel et al. 2023", "https://arxiv.org/abs/2306.06805")
ARAUJO = Paper("Araujo et al. 2019", "https://distill.pub/2019/computing-receptive-fields/")
ABNAR = Paper("Abnar & Zuidema 2020", "https://arxiv.org/abs/2005.00928")
VINJE = Paper("Vinje & Gallant 2000", "https://doi.org/10.1126/science.287.5456.1273")
DREAM = Paper(
    "Mordvintsev et al. 2015",
    "https://research.google/blog/inceptionism-going-deeper-into-neural-networks/",
)
NOSTALGEBRAIST = Paper(
    "nostalgebraist 2020",
    "https://www.lesswrong.com/posts/AcKRB8wDpdaN6v6ru/interpreting-gpt-the-logit-lens",
)
GOODFELLOW14 = Paper("Goodfellow et al. 2014", "https://arxiv.org/abs/1406.2661")
GOODFELLOW15 = Paper("Goodfellow et al. 2015", "https://arxiv.org/abs/1412.6572")
BENGIO = Paper("Bengio et al. 2013", "https://arxiv.org/abs/1308.3432")
ZHAO = Paper("Zhao et al. 2019", "https://arxiv.org/abs/1706.02262")
MCINNES = Paper("McInnes et al. 2018", "https://arxiv.org/abs/1802.03426")
VASWANI = Paper("Vaswani et al. 2017", "https://arxiv.org/abs/1706.03762")
WICHERS = Paper("Wichers et al. 2022", "https://arxiv.org/abs/2405.06409")
PARDO = Paper("Pardo et al. 2019", "https://arxiv.org/abs/1910.04903")
SMILKOV = Paper("Smilkov et al. 2017", "https://arxiv.org/abs/1708.03788")
KINGMA = Paper("Kingma & Ba 2015", "https://arxiv.org/abs/1412.6980")
KORNBLITH = Paper("Kornblith et al. 2019", "https://arxiv.org/abs/1905.00414")
